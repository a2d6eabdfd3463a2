"""What can be wrong in employment services."""

from services.kit.problems import Conflict, Forbidden, NotFound, Refused, Text


class PersonNotFound(NotFound):
    """No person of that id number is known here (未见参保登记)."""

    slug = "person-not-found"
    title = Text("没有此人的登记信息", "The person is not known here")
    detail = Text(
        "请核对证件号码；未参保登记的，请先到参保窗口登记，登记信息稍后自动同步。",
        "Check the id number; a person who is not enrolled yet registers with enrolment first.",
    )


class SeekerNotFound(NotFound):
    """No such entry on the register (未登记)."""

    slug = "seeker-not-found"
    title = Text("没有就业实名登记", "There is no such registration")
    detail = Text("请核对编号，或先办理就业实名登记。", "Check the id, or register the person first.")


class SeekerExists(Conflict):
    """The person is on the register already (同一证件号码重复登记)."""

    slug = "seeker-registered-already"
    title = Text("此人已登记", "The person is registered already")
    detail = Text(
        "同一证件号码只登记一次，请在登记 {seeker_id} 中变更信息。",
        "One id number is registered once; change registration {seeker_id}.",
    )


class AreaForeign(Forbidden):
    """Another area's record (非本辖区)."""

    slug = "other-area"
    title = Text("非本辖区业务", "Another area's record")
    detail = Text("只能办理本辖区（{area}）的业务。", "Only business of your area ({area}) is possible.")


class NotHardship(Refused):
    """The conditions of the category do not hold (不符合就业困难人员认定条件)."""

    slug = "hardship-conditions-not-met"
    title = Text("不符合就业困难人员认定条件", "The conditions are not met")
    detail = Text("不符合的条件：{failed}。", "Not met: {failed}.")


class CertifiedAlready(Conflict):
    """A certification of that category is in force (已认定)."""

    slug = "certified-already"
    title = Text("已有有效认定", "There is a valid certification")
    detail = Text(
        "认定 {number} 有效期至 {valid_until}，不必重复认定。",
        "Certification {number} is valid until {valid_until}.",
    )


class EmployerNotFound(NotFound):
    """No such employer, or not the caller's (无此单位)."""

    slug = "employer-not-found"
    title = Text("没有此用人单位", "There is no such employer")
    detail = Text(
        "请核对统一社会信用代码，或先注册单位。", "Check the credit code, or register the employer first."
    )


class EmployerExists(Conflict):
    """The credit code is registered (单位已注册)."""

    slug = "employer-registered-already"
    title = Text("单位已注册", "The employer is registered already")
    detail = Text(
        "该统一社会信用代码已注册为 {employer_id}。", "The credit code is registered as {employer_id}."
    )


class EmployerNotVerified(Refused):
    """An unverified employer publishes nothing (单位未核验)."""

    slug = "employer-not-verified"
    title = Text("用人单位未核验", "The employer is not verified")
    detail = Text(
        "单位核验通过后才能发布岗位，请先到窗口核验营业执照。",
        "Have the employer verified before it publishes vacancies.",
    )


class EmployerVerifiedBySubmitter(Forbidden):
    """Who registered an employer does not verify it (注册与核验须为不同人员)."""

    slug = "employer-verified-by-registrar"
    title = Text("注册人不得核验同一单位", "The registrar cannot verify the employer")
    detail = Text("请由其他人员核验。", "Let another person verify it.")


class VacancyNotFound(NotFound):
    """No such vacancy, or not yet public (无此岗位)."""

    slug = "vacancy-not-found"
    title = Text("没有此岗位", "There is no such vacancy")
    detail = Text(
        "请核对岗位编号；未发布的岗位不公开。", "Check the id; unpublished vacancies are not shown."
    )


class VacancyNotOpen(Conflict):
    """The vacancy takes nobody now (岗位不在招聘中)."""

    slug = "vacancy-not-open"
    title = Text("岗位不在招聘中", "The vacancy is not open")
    detail = Text("岗位状态为 {state}，不能办理。", "The vacancy is {state}.")


class VacancyDiscriminates(Refused):
    """The text discriminates (招聘信息含歧视性内容)."""

    slug = "vacancy-discriminates"
    title = Text("招聘信息含歧视性内容", "The vacancy discriminates")
    detail = Text(
        "请删除以下表述：{words}（人力资源市场暂行条例第二十四条）。", "Remove these words: {words}."
    )


class VacancyDatesWrong(Refused):
    """The vacancy ends too early or too late (有效期不符)."""

    slug = "vacancy-dates-wrong"
    title = Text("岗位有效期不符", "The vacancy's end is not possible")
    detail = Text(
        "有效期应在今天之后、{latest} 之前。", "It must end after today and not later than {latest}."
    )


class SeekerNotAvailable(Refused):
    """The person does not seek work now (不在求职状态)."""

    slug = "seeker-not-seeking"
    title = Text("求职者不在求职状态", "The person does not seek work")
    detail = Text(
        "就业状态为 {state}，请先更新登记。", "The state is {state}; update the registration first."
    )


class IntroducedAlready(Conflict):
    """The introduction is running (已介绍)."""

    slug = "introduced-already"
    title = Text("已介绍到该岗位", "Introduced to this vacancy already")
    detail = Text(
        "请登记介绍 {introduction_id} 的结果。", "Enter the result of introduction {introduction_id}."
    )


class IntroductionNotFound(NotFound):
    """No such introduction (无此介绍)."""

    slug = "introduction-not-found"
    title = Text("没有此职业介绍记录", "There is no such introduction")


class IntroductionEnded(Conflict):
    """The introduction has its result (介绍已有结果)."""

    slug = "introduction-ended"
    title = Text("介绍已有结果", "The introduction has ended")
    detail = Text("该介绍的结果为 {state}，不能更改。", "Its result is {state} and stays.")


class AssistanceNotFound(NotFound):
    """No such assistance request (无此援助申请)."""

    slug = "assistance-not-found"
    title = Text("没有此援助申请", "There is no such assistance request")


class AssistanceOpen(Conflict):
    """The person has an open request (已有在办援助)."""

    slug = "assistance-open"
    title = Text("已有在办的援助申请", "There is an open request")
    detail = Text("请在援助申请 {number} 内继续办理。", "Continue with request {number}.")


class AssistanceStageWrong(Conflict):
    """The request is not at a stage for this (援助阶段不符)."""

    slug = "assistance-stage-wrong"
    title = Text("援助申请当前阶段不能如此办理", "The request is at another stage")
    detail = Text("当前阶段为 {state}。", "It is {state}.")


class FollowUpMissing(Refused):
    """No request closes without a follow-up entry (办结前须登记回访)."""

    slug = "follow-up-missing"
    title = Text("尚未回访", "There is no follow-up entry")
    detail = Text("请先登记回访，再办结援助。", "Enter a follow-up before you close the request.")


class ReasonNeeded(Refused):
    """A refusal carries its reason (须说明理由)."""

    slug = "reason-needed"
    title = Text("缺少理由", "A reason is missing")
    detail = Text("请写明理由。", "Say why.")


class NotCertified(Refused):
    """The promise is for certified persons (未认定为就业困难人员)."""

    slug = "not-certified"
    title = Text("未认定为就业困难人员", "The person is not certified")
    detail = Text(
        "两个工作日安排上岗的承诺只适用于有效认定的就业困难人员，请先办理认定。",
        "The placement promise is for persons with a valid certification; have the person certified first.",
    )


class OfferWaiting(Conflict):
    """An offer waits for its answer (已有待答复的岗位)."""

    slug = "offer-waiting"
    title = Text("已有待答复的推荐岗位", "An offer waits for its answer")
    detail = Text("请先登记求职者对该岗位的答复。", "Enter the answer to that offer first.")


class OfferMissing(Conflict):
    """No offer waits for an answer (没有待答复的岗位)."""

    slug = "offer-missing"
    title = Text("没有待答复的推荐岗位", "No offer waits for an answer")
    detail = Text("请先推荐岗位。", "Offer a vacancy first.")
