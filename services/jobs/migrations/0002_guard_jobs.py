"""Guard what SQL can say about employment services: code lists, and logs that only grow."""

from alembic import op

from services.kit.db import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# the codes: the columns that hold one of them
CODES = {
    "call counter": "assistance_request.channel",
    "applied verified offered placed closed refused": "assistance_request.state",
    "age_40_50 minimum_living zero_employment_family disabled long_term_unemployed landless": "certification.category",
    "state_owned collective joint_stock foreign private government institution association non_enterprise self_employed": "employer.kind",
    "registered verified refused": "employer.state",
    "stable left unreached continues": "follow_up.result",
    "on_site entrusted fair online remote": "introduction.channel vacancy.channel",
    "introduced interview hired not_hired": "introduction.state",
    "skills terms absent declined other_chosen other": "introduction.not_hired",
    "male female": "person.sex",
    "urban rural": "seeker.hukou",
    "none primary junior_middle senior_middle vocational junior_college bachelor master": "seeker.education vacancy.education",
    "employed employed_seeking unemployed outside": "seeker.state",
    "survey update employment hire certification": "seeker_change.cause",
    "submitted published filled expired refused closed": "vacancy.state",
    "normal special": "procedure_case.kind",
    "in_review returned approved rejected withdrawn": "procedure_case.state procedure_step.from_state procedure_step.to_state",
    "apply approve return reject correct withdraw object": "procedure_step.move",
}

APPEND_ONLY = ("seeker_change", "hiring_record", "follow_up", "procedure_actor", "procedure_step")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for codes, columns in CODES.items():
        allowed = ", ".join(f"'{code}'" for code in codes.split())
        for table, column in (name.split(".") for name in columns.split()):
            op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({allowed})")
    for table in APPEND_ONLY:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"DROP FUNCTION {table}_is_append_only() CASCADE")
    for columns in CODES.values():
        for table, column in (name.split(".") for name in columns.split()):
            op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
