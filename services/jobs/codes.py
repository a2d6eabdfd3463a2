"""Code lists of the job service (代码表)."""

from services.kit.codes import Code


class Sex(Code):
    """性别 (GB/T 2261.1)."""

    MALE = "male", "男", "1"
    FEMALE = "female", "女", "2"


class Hukou(Code):
    """户口性质."""

    URBAN = "urban", "非农业户口（城镇）"
    RURAL = "rural", "农业户口（农村）"


class Education(Code):
    """学历 (GB/T 4658), from least to most."""

    NONE = "none", "未上学", "90"
    PRIMARY = "primary", "小学", "80"
    JUNIOR_MIDDLE = "junior_middle", "初中", "70"
    SENIOR_MIDDLE = "senior_middle", "高中", "60"
    VOCATIONAL = "vocational", "中等职业教育", "40"
    JUNIOR_COLLEGE = "junior_college", "大学专科", "30"
    BACHELOR = "bachelor", "大学本科", "20"
    MASTER = "master", "研究生", "10"


class EmploymentState(Code):
    """就业状态 (003 J1)."""

    EMPLOYED = "employed", "就业"
    EMPLOYED_SEEKING = "employed_seeking", "就业并登记求职"
    UNEMPLOYED = "unemployed", "登记失业"
    OUTSIDE = "outside", "不在劳动力范围内"


class ChangeCause(Code):
    """What changed a seeker's record (动态管理事由)."""

    SURVEY = "survey", "入户调查登记"
    UPDATE = "update", "信息变更"
    EMPLOYMENT = "employment", "参保就业变动"
    HIRE = "hire", "介绍录用"
    CERTIFICATION = "certification", "困难人员认定"


class Group(Code):
    """服务群体 (003 J21, 004 J6)."""

    LAID_OFF = "laid_off", "下岗失业人员"
    GRADUATE = "graduate", "高校毕业生"
    LANDLESS_FARMER = "landless_farmer", "失地农民"
    RURAL_SURPLUS = "rural_surplus", "农村富余劳动力"
    MIGRANT = "migrant", "进城农民工"
    RETURNEE = "returnee", "返乡农民工"
    VETERAN = "veteran", "退役士兵"
    AGE_40_50 = "age_40_50", "“4050”人员"
    HARDSHIP = "hardship", "就业困难人员"


class HardshipCategory(Code):
    """就业困难人员类别 (就业促进法 §52; 003 J7, J36; 省级规定)."""

    AGE_40_50 = "age_40_50", "“4050”人员"
    MINIMUM_LIVING = "minimum_living", "低保家庭人员"
    ZERO_EMPLOYMENT_FAMILY = "zero_employment_family", "零就业家庭成员"
    DISABLED = "disabled", "残疾人"
    LONG_TERM_UNEMPLOYED = "long_term_unemployed", "长期失业人员"
    LANDLESS = "landless", "失地农民"


class EmployerKind(Code):
    """用人单位类型 (003 J31)."""

    STATE_OWNED = "state_owned", "国有企业"
    COLLECTIVE = "collective", "集体企业"
    JOINT_STOCK = "joint_stock", "股份制企业"
    FOREIGN = "foreign", "外资企业"
    PRIVATE = "private", "私营企业"
    GOVERNMENT = "government", "机关"
    INSTITUTION = "institution", "事业单位"
    ASSOCIATION = "association", "社会团体"
    NON_ENTERPRISE = "non_enterprise", "民办非企业单位"
    SELF_EMPLOYED = "self_employed", "个体工商户"


class EmployerState(Code):
    """用人单位状态."""

    REGISTERED = "registered", "已注册（未核验）"
    VERIFIED = "verified", "已核验"
    REFUSED = "refused", "核验未通过"


class VacancyState(Code):
    """岗位状态 (002 J-13)."""

    SUBMITTED = "submitted", "待审核"
    PUBLISHED = "published", "已发布"
    FILLED = "filled", "已招满"
    EXPIRED = "expired", "已过期"
    REFUSED = "refused", "未通过审核"
    CLOSED = "closed", "已关闭"


class Criterion(Code):
    """人岗匹配要素."""

    OCCUPATION = "occupation", "职业"
    SKILLS = "skills", "技能"
    EDUCATION = "education", "学历"
    WAGE = "wage", "工资"
    PLACE = "place", "工作地点"
    GROUP = "group", "优先群体"


class Channel(Code):
    """招聘渠道 (000 JOB-9)."""

    ON_SITE = "on_site", "现场"
    ENTRUSTED = "entrusted", "委托"
    FAIR = "fair", "专场"
    ONLINE = "online", "网上"
    REMOTE = "remote", "远程"


class IntroductionState(Code):
    """职业介绍状态."""

    INTRODUCED = "introduced", "已介绍"
    INTERVIEW = "interview", "已约面试"
    HIRED = "hired", "已录用"
    NOT_HIRED = "not_hired", "未录用"


class NotHired(Code):
    """未录用原因."""

    SKILLS = "skills", "技能不符"
    TERMS = "terms", "待遇未谈妥"
    ABSENT = "absent", "未到面试"
    DECLINED = "declined", "求职者放弃"
    OTHER_CHOSEN = "other_chosen", "单位另选他人"
    OTHER = "other", "其他"


class AssistanceChannel(Code):
    """援助申请渠道 (003 J23)."""

    CALL = "call", "962110热线"
    COUNTER = "counter", "窗口"


class AssistanceState(Code):
    """援助状态 (003 J23: 援助申请 → 核实情况 → 开展援助 → 安排上岗 → 回访登记)."""

    APPLIED = "applied", "已申请"
    VERIFIED = "verified", "已核实"
    OFFERED = "offered", "已提供岗位"
    PLACED = "placed", "已安排上岗"
    CLOSED = "closed", "已办结"
    REFUSED = "refused", "核实不符"


class FollowUpResult(Code):
    """回访结果."""

    STABLE = "stable", "在岗稳定"
    LEFT = "left", "已离岗"
    UNREACHED = "unreached", "未联系上"
    CONTINUES = "continues", "继续求职"


LISTS: dict[str, type[Code]] = {
    "sexes": Sex,
    "hukou": Hukou,
    "educations": Education,
    "employment-states": EmploymentState,
    "change-causes": ChangeCause,
    "groups": Group,
    "hardship-categories": HardshipCategory,
    "employer-kinds": EmployerKind,
    "employer-states": EmployerState,
    "vacancy-states": VacancyState,
    "match-criteria": Criterion,
    "channels": Channel,
    "introduction-states": IntroductionState,
    "not-hired-reasons": NotHired,
    "assistance-channels": AssistanceChannel,
    "assistance-states": AssistanceState,
    "follow-up-results": FollowUpResult,
}
