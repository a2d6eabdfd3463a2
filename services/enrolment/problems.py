"""What enrolment says when there is no such thing; the refusals of an operation stand beside the operation."""

from services.kit.problems import Forbidden, NotFound, Text


class PersonNotFound(NotFound):
    """No such person in the caller's area (未找到参保人)."""

    slug = "person-not-found"
    title = Text("未找到参保人", "No such person")
    detail = Text(
        "请核对人员编号；只能查询本统筹区人员。", "Check the person id; only your own area can be read."
    )


class HouseholdNotFound(NotFound):
    """No such household in the caller's area (未找到参保户)."""

    slug = "household-not-found"
    title = Text("未找到参保户", "No such household")
    detail = Text(
        "请核对户编号；只能查询本统筹区的户。", "Check the household id; only your own area can be read."
    )


class AssistanceNotFound(NotFound):
    """No such assistance record (未找到救助身份)."""

    slug = "assistance-not-found"
    title = Text("未找到救助身份记录", "No such assistance record")
    detail = Text("请核对记录编号后重试。", "Check the identifier and try again.")


class EmployerNotFound(NotFound):
    """No such unit that the caller may see (未找到参保单位)."""

    slug = "employer-not-found"
    title = Text("未找到参保单位", "No such employer")
    detail = Text(
        "请核对单位编号；单位只能办理本单位业务，经办人员只能办理本统筹区业务。",
        "Check the employer id; a unit acts for itself only, staff for their area only.",
    )


class DeclarationNotFound(NotFound):
    """No such declaration that the caller may see (未找到申报)."""

    slug = "declaration-not-found"
    title = Text("未找到申报", "No such declaration")
    detail = Text("请核对申报编号后重试。", "Check the declaration id and try again.")


class DeterminationNotFound(NotFound):
    """No such determination that the caller may see (未找到核定)."""

    slug = "determination-not-found"
    title = Text("未找到缴费核定", "No such determination")
    detail = Text("请核对核定编号后重试。", "Check the determination id and try again.")


class BillNotFound(NotFound):
    """No such bill that the caller may see (未找到账单)."""

    slug = "bill-not-found"
    title = Text("未找到账单", "No such bill")
    detail = Text("请核对账单编号后重试。", "Check the bill id and try again.")


class EnrolmentNotFound(NotFound):
    """No such yearly enrolment (未找到年度参保登记)."""

    slug = "enrolment-not-found"
    title = Text("未找到年度参保登记", "No such yearly enrolment")
    detail = Text("请核对参保登记编号后重试。", "Check the enrolment id and try again.")


class OtherArea(Forbidden):
    """Business of another pooling area (非本统筹区业务)."""

    slug = "other-area"
    title = Text("不属于本统筹区", "Another area's business")
    detail = Text(
        "您的统筹区是 {own}，不能办理 {area} 的业务。", "Your area is {own}; you cannot act for {area}."
    )


class NotBound(Forbidden):
    """The citizen is not bound to a person (未实名绑定)."""

    slug = "not-bound"
    title = Text("尚未实名绑定", "Not bound to a person")
    detail = Text("请先以姓名和身份证号码完成实名绑定。", "Bind your account with name and id number first.")
