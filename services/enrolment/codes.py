"""The code lists (代码表) of enrolment; served under /enrolment/v1/codes/{list}."""

from services.kit.codes import Code


class Sex(Code):
    """Sex (性别, GB/T 2261.1)."""

    MALE = "male", "男", "1"
    FEMALE = "female", "女", "2"


class HukouKind(Code):
    """Kind of household registration (户口性质)."""

    URBAN = "urban", "城镇"
    RURAL = "rural", "农村"


class Relation(Code):
    """Relation to the head of the household (与户主关系)."""

    HEAD = "head", "户主"
    SPOUSE = "spouse", "配偶"
    CHILD = "child", "子女"
    PARENT = "parent", "父母"
    GRANDCHILD = "grandchild", "孙子女"
    GRANDPARENT = "grandparent", "祖父母"
    SIBLING = "sibling", "兄弟姐妹"
    OTHER = "other", "其他"


class ExclusionReason(Code):
    """Why a member of the household is not enrolled with it (不参保原因, 001 §4 L50)."""

    DECEASED = "deceased", "已死亡"
    EMPLOYEE_MEDICAL = "employee_medical", "参加职工医保"
    MILITARY_SERVICE = "military_service", "服兵役"


class AssistanceCategory(Code):
    """Assistance category (救助对象身份, 001 §4)."""

    MINIMUM_LIVING_ALLOWANCE = "minimum_living_allowance", "低保对象"
    FIVE_GUARANTEES = "five_guarantees", "五保供养对象"
    EXTREME_POVERTY = "extreme_poverty", "特困人员"
    KEY_ENTITLED = "key_entitled", "重点优抚对象"
    ORPHAN = "orphan", "孤儿"
    ELDERLY = "elderly", "高龄老人"
    URBAN_THREE_WITHOUT = "urban_three_without", "城市“三无”人员"
    FIVE_ELDERS = "five_elders", "革命“五老”人员"
    LOW_INCOME = "low_income", "低收入家庭"
    EDGE_OF_POVERTY = "edge_of_poverty", "致贫边缘户"


class AssistanceClass(Code):
    """Class of the minimum living allowance (低保类别, 001 §4 L54)."""

    A = "a", "A类"
    B = "b", "B类"
    C = "c", "C类"


class UnitKind(Code):
    """Kind of insured unit (单位类型, 004 §4 L469)."""

    STATE_ORGAN = "state_organ", "国家机关"
    PUBLIC_INSTITUTION = "public_institution", "事业单位"
    ENTERPRISE = "enterprise", "企业"
    INDIVIDUAL_BUSINESS = "individual_business", "个体工商户"
    OTHER = "other", "其他"


class InjuryClass(Code):
    """Industry class of work-injury insurance (工伤保险行业类别)."""

    CLASS_1 = "class_1", "一类"
    CLASS_2 = "class_2", "二类"
    CLASS_3 = "class_3", "三类"


class Scheme(Code):
    """Insurance scheme (险种)."""

    PENSION = "pension", "基本养老保险"
    EMPLOYEE_MEDICAL = "employee_medical", "职工基本医疗保险"
    UNEMPLOYMENT = "unemployment", "失业保险"
    MATERNITY = "maternity", "生育保险"
    WORK_INJURY = "work_injury", "工伤保险"
    RESIDENT_MEDICAL = "resident_medical", "城乡居民基本医疗保险"


EMPLOYEE_SCHEMES = tuple(scheme for scheme in Scheme if scheme is not Scheme.RESIDENT_MEDICAL)


class Payer(Code):
    """Who bears a share of the contribution (缴费主体)."""

    EMPLOYER = "employer", "单位"
    PERSON = "person", "个人"


class PremiumGrade(Code):
    """Premium grade of resident medical insurance (缴费档次, 004 §3E L479, L503)."""

    STANDARD = "standard", "统一标准"
    GRADE_1 = "grade_1", "一档"
    GRADE_2 = "grade_2", "二档"


class LineKind(Code):
    """What a line of a staff declaration asks for (申报事项)."""

    ADDITION = "addition", "增加"
    REMOVAL = "removal", "减少"
    BASE_CHANGE = "base_change", "缴费基数变更"


class PayerKind(Code):
    """Who a bill is sent to (缴款人)."""

    EMPLOYER = "employer", "用人单位"
    HOUSEHOLD = "household", "参保户"
    CIVIL_AFFAIRS = "civil_affairs", "民政部门"
    FINANCE = "finance", "财政部门"


class BillState(Code):
    """State of a bill (账单状态): 已核定 → 已缴 / 欠费; reversed by authority only."""

    DETERMINED = "determined", "已核定"
    PAID = "paid", "已缴"
    OVERDUE = "overdue", "欠费"
    REVERSED = "reversed", "已冲销"


class ReceiptKind(Code):
    """What proves that money came in (到账凭证)."""

    TAX_RECEIPT = "tax_receipt", "社会保险税票"
    BANK_LINE = "bank_line", "银行到账流水"


class EntryKind(Code):
    """Entry of the collection ledger (应收实收台账)."""

    DUE = "due", "应收"
    RECEIVED = "received", "实收"
    DUE_REVERSED = "due_reversed", "应收冲销"


class Standing(Code):
    """Standing of a unit (单位缴费状态): 正常 → 欠费封锁 → 解除封锁."""

    NORMAL = "normal", "正常"
    BLOCKED = "blocked", "封锁"


class EnrolmentState(Code):
    """State of a household's yearly enrolment (居民医保参保状态): 登记 → 缴费生效."""

    REGISTERED = "registered", "已登记待缴费"
    EFFECTIVE = "effective", "已生效"


CODES = {
    "sexes": Sex,
    "hukou-kinds": HukouKind,
    "relations": Relation,
    "exclusion-reasons": ExclusionReason,
    "assistance-categories": AssistanceCategory,
    "assistance-classes": AssistanceClass,
    "unit-kinds": UnitKind,
    "injury-classes": InjuryClass,
    "schemes": Scheme,
    "payers": Payer,
    "premium-grades": PremiumGrade,
    "declaration-lines": LineKind,
    "payer-kinds": PayerKind,
    "bill-states": BillState,
    "receipt-kinds": ReceiptKind,
    "ledger-entries": EntryKind,
    "standings": Standing,
    "enrolment-states": EnrolmentState,
}
