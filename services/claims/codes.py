"""Coded values of the service (代码表), served under /claims/v1/codes."""

from services.kit.codes import Code


class Level(Code):
    """Level of a designated institution (医疗机构等级)."""

    UNGRADED = "ungraded", "未定级"
    LEVEL_1 = "level_1", "一级"
    LEVEL_2 = "level_2", "二级"
    LEVEL_3 = "level_3", "三级"


class Band(Code):
    """Tariff band of a settlement (待遇档次)."""

    LEVEL_1 = "level_1", "一级（含未定级）"
    LEVEL_2 = "level_2", "二级"
    LEVEL_3 = "level_3", "三级"
    OUT_OF_AREA = "out_of_area", "统筹区外"


class ItemKind(Code):
    """Which of the three catalogues an item belongs to (目录类别)."""

    DRUG = "drug", "药品", "1"
    SERVICE = "service", "诊疗项目和服务设施", "2"
    CONSUMABLE = "consumable", "医用耗材", "3"


class ItemCategory(Code):
    """Payment category of an item (支付类别, chrgitm_lv)."""

    A = "a", "甲类", "01"
    B = "b", "乙类", "02"
    C = "c", "丙类", "03"


class Approval(Code):
    """The hospital's approval of a restricted item (医院审批标志, hosp_appr_flag)."""

    NONE = "none", "未审批", "0"
    APPROVED = "approved", "审批通过", "1"
    SELF_PAID = "self_paid", "转自费", "2"


class CareType(Code):
    """Kind of care (医疗类别, med_type)."""

    INPATIENT = "inpatient", "普通住院", "2101"


class Scheme(Code):
    """Medical insurance scheme (险种, insutype)."""

    EMPLOYEE_MEDICAL = "employee_medical", "职工基本医疗保险", "310"
    RESIDENT_MEDICAL = "resident_medical", "城乡居民基本医疗保险", "390"


class Fund(Code):
    """A fund that pays a part of the bill (基金支付类型, fund_pay_type)."""

    EMPLOYEE_POOL = "employee_pool", "职工基本医疗保险统筹基金", "310100"
    RESIDENT_POOL = "resident_pool", "城乡居民基本医疗保险基金", "390100"
    CATASTROPHIC = "catastrophic", "城乡居民大病医疗保险资金", "390200"
    MEDICAL_AID = "medical_aid", "医疗救助基金", "610100"


class Account(Code):
    """An account of the ledger (会计科目): the funds, the persons, the institutions."""

    EMPLOYEE_POOL = "employee_pool", "职工基本医疗保险统筹基金"
    RESIDENT_POOL = "resident_pool", "城乡居民基本医疗保险基金"
    CATASTROPHIC = "catastrophic", "城乡居民大病医疗保险资金"
    MEDICAL_AID = "medical_aid", "医疗救助基金"
    PERSON = "person", "个人负担"
    INSTITUTION = "institution", "应付定点医药机构"


class EntryKind(Code):
    """What booked an entry (分录来源)."""

    SETTLEMENT = "settlement", "结算"
    REVERSAL = "reversal", "冲正"


class BillState(Code):
    """Where a bill stands (账单状态)."""

    UPLOADED = "uploaded", "已上传"
    SETTLED = "settled", "已结算"
    WITHDRAWN = "withdrawn", "已撤回"


class SettlementState(Code):
    """Where a settlement stands (结算状态)."""

    MADE = "made", "已结算"
    REVERSED = "reversed", "已冲正"


class LineReason(Code):
    """Why a line was split as it was (明细拆分原因)."""

    IN_CATALOGUE = "in_catalogue", "目录内"
    CATEGORY_C = "category_c", "丙类，全自费"
    OUTSIDE_CATALOGUE = "outside_catalogue", "发生日不在目录内，全自费"
    NOT_APPROVED = "not_approved", "限制使用或转自费，未经审批，全自费"


CODES: dict[str, type[Code]] = {
    "levels": Level,
    "bands": Band,
    "item-kinds": ItemKind,
    "item-categories": ItemCategory,
    "approvals": Approval,
    "care-types": CareType,
    "schemes": Scheme,
    "funds": Fund,
    "accounts": Account,
    "entry-kinds": EntryKind,
    "bill-states": BillState,
    "settlement-states": SettlementState,
    "line-reasons": LineReason,
}
