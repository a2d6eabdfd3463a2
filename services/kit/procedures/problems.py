"""What can be wrong with a case."""

from collections.abc import Mapping
from typing import ClassVar

from services.kit.problems import Conflict, Forbidden, NotFound, Refused, Text, Unavailable


class ProcedureNotFound(NotFound):
    """No such procedure is offered here (无此办理事项)."""

    slug = "procedure-not-found"
    title = Text("没有此办理事项", "There is no such procedure")
    detail = Text(
        "本服务没有事项 {procedure}，请从办事指南中选择。",
        "There is no procedure {procedure}; see /procedures.",
    )


class CaseNotFound(NotFound):
    """No such case, or the caller may not see it (无此办件)."""

    slug = "case-not-found"
    title = Text("没有此办件", "There is no such case")
    detail = Text(
        "请核对办件编号；只能查看本人或本辖区的办件。",
        "Check the id; you see only your own cases or your area's.",
    )


class DocumentsMissing(Refused):
    """Required documents are missing; all of them are named at once (一次性告知)."""

    slug = "documents-missing"
    title = Text("材料不齐", "Documents are missing")
    detail = Text("请补齐以下材料后提交：{titles}。", "Bring these documents: {missing}.")


class DocumentNotListed(Refused):
    """A document outside the procedure's list, or a cancelled certificate (清单之外或已取消的证明)."""

    slug = "document-not-listed"
    title = Text("不得索要清单之外的材料", "This document may not be asked for")
    detail = Text(
        "{documents} 不在该事项的材料清单内（或已取消），不得索要或收取，请删除后提交。",
        "{documents} is not on the list of this procedure, or was cancelled; leave it out.",
    )


class CaseClosed(Conflict):
    """The case is not at a step where this is possible (办件不在可办理状态)."""

    slug = "case-not-open-for-this"
    title = Text("办件当前状态不能如此办理", "The case is not in a state for this")
    detail = Text("办件当前状态为 {state}，请刷新后核对。", "The case is {state}; read it again.")


class CaseOpen(Conflict):
    """The same subject has an open case of this procedure (已有在办件)."""

    slug = "case-open"
    title = Text("已有在办的同一事项", "There is an open case already")
    detail = Text(
        "同一事项已有在办件 {number}，请在该办件内补正或撤回，不必重新申请。",
        "Case {number} is open for this; correct or withdraw that one.",
    )


class StepTakenBySamePerson(Forbidden):
    """One person may not take two steps of one case (初审、复审须由不同人员办理)."""

    slug = "same-person-took-another-step"
    title = Text("同一人不得办理同一办件的两个环节", "The same person took another step of this case")
    detail = Text(
        "您已办理本件的「{taken}」环节，「{step}」须由其他人员办理。",
        "You took the step {taken} of this case; another person must take {step}.",
    )


class OwnCase(Forbidden):
    """Nobody decides his own case (回避)."""

    slug = "own-case"
    title = Text("本人事项应当回避", "It is your own case")
    detail = Text(
        "不得办理本人的事项，请由其他人员办理。", "Nobody decides his own case; let someone else do it."
    )


class NotOwnApplication(Forbidden):
    """A citizen applies for himself only (只能为本人申请)."""

    slug = "not-own-application"
    title = Text("只能为本人申请", "You can apply for yourself only")
    detail = Text(
        "请登录申请人本人的账号，或到窗口由工作人员代为录入。",
        "Let the person sign in, or come to the counter.",
    )


class RoleMissing(Forbidden):
    """The step belongs to another post (环节岗位不符)."""

    slug = "step-role-missing"
    title = Text("此环节由其他岗位办理", "This step belongs to another role")
    detail = Text("「{step}」由岗位 {role} 办理。", "The step {step} is for the role {role}.")


class DutiesIncompatible(Forbidden):
    """Business and finance duties in one hand (业务岗与财务岗不相容)."""

    slug = "duties-incompatible"
    title = Text("业务岗与财务岗不得由同一人兼任", "Business and finance duties are incompatible")
    detail = Text(
        "您的账号同时有业务与财务岗位，不能办理「{step}」，请管理员调整岗位。",
        "Your account holds business and finance roles; have one removed before taking {step}.",
    )


class ReasonMissing(Refused):
    """A return or a rejection carries its reason (退回、不予通过须说明理由)."""

    slug = "reason-missing"
    title = Text("缺少理由", "A reason is missing")
    detail = Text("退回补正或不予通过，须写明理由。", "Say why the case is returned or rejected.")


class NoticeRunning(Conflict):
    """The public notice has not run its days (公示期未满)."""

    slug = "notice-running"
    title = Text("公示期未满", "The public notice is still running")
    detail = Text(
        "公示至 {ends_on}，期满后方可办结。", "The notice runs until {ends_on}; decide after that day."
    )


class NoNoticeRunning(Conflict):
    """Objections are heard only during a public notice (当前无公示)."""

    slug = "no-notice-running"
    title = Text("当前不在公示期", "No public notice is running")
    detail = Text("异议只能在公示期内提出。", "Objections are heard during the notice only.")


class CalendarMissing(Unavailable):
    """The holidays of a year are not on record, so no deadline can be promised (缺少节假日数据)."""

    slug = "calendar-missing"
    title = Text("缺少节假日数据", "The holidays of a year are missing")
    detail = Text(
        "缺少 {year} 年节假日数据，无法计算办理时限，请管理员按国务院办公厅通知补充。",
        "There are no holidays on record for {year}; have an administrator add them.",
    )
    headers: ClassVar[Mapping[str, str]] = {}


class MinuteMissing(Refused):
    """A collective decision names its participants and its minute (集体研究须有参会人员和纪要编号)."""

    slug = "minute-missing"
    title = Text("缺少集体研究记录", "The record of the collective decision is missing")
    detail = Text(
        "请填写参会人员（至少两人）和会议纪要编号。",
        "Name the participants (two or more) and the number of the minute.",
    )
