"""Code lists of the archive (代码表)."""

from services.kit.codes import Code


class Category(Code):
    """Class of records (门类), the class letters of archival numbers (DA/T 22-2015, DA/T 13-2022)."""

    YB = "yb", "医疗保障"
    SB = "sb", "社会保险"
    JY = "jy", "就业服务"
    WS = "ws", "文书"
    KU = "ku", "会计"
    RS = "rs", "人事"


class Retention(Code):
    """Retention period (保管期限): permanent or years; which one applies is a dated parameter or a decision."""

    PERMANENT = "permanent", "永久", "Y"
    D100 = "d100", "100年", "D100"
    D50 = "d50", "50年", "D50"
    D30 = "d30", "30年", "D30"
    D15 = "d15", "15年", "D15"
    D10 = "d10", "10年", "D10"


class CaseKind(Code):
    """What kind of finished case became the piece (归档事项)."""

    SETTLEMENT = "settlement", "医疗费用结算"
    REVERSAL = "reversal", "结算撤销"
    CONTRIBUTION = "contribution", "社会保险费缴费"
    CERTIFICATION = "certification", "就业困难人员认定"
    ENTERED = "entered", "人工录入"


class Completeness(Code):
    """Whether all required papers are there (齐全性)."""

    INCOMPLETE = "incomplete", "不完整"
    COMPLETE = "complete", "齐全"


class Holding(Code):
    """Where the piece is (在库状态)."""

    WITH_SECTION = "with_section", "在科室"
    IN_STORE = "in_store", "在库"
    LENT = "lent", "借出"
    DESTROYED = "destroyed", "已销毁"


class Openness(Code):
    """Openness mark (开放标识, DA/T 18-2022)."""

    OPEN = "open", "开放"
    CONTROLLED = "controlled", "控制"
    DEFERRED = "deferred", "延期开放"
    UNREVIEWED = "unreviewed", "未审核"


class Secrecy(Code):
    """Level of secrecy (密级). State secrets do not belong into this system, so there are no higher levels."""

    GENERAL = "general", "一般"
    INTERNAL = "internal", "内部"
    WORK_SECRET = "work_secret", "工作秘密"


class PaperKind(Code):
    """Kinds of papers in a piece (归档材料)."""

    SETTLEMENT_SHEET = "settlement_sheet", "医疗费用结算单"
    INVOICE = "invoice", "医疗收费票据"
    FEE_LIST = "fee_list", "费用明细清单"
    DISCHARGE_RECORD = "discharge_record", "出院记录"
    REVERSAL_NOTICE = "reversal_notice", "结算撤销单"
    REVERSAL_BASIS = "reversal_basis", "撤销依据材料"
    PAYMENT_RECEIPT = "payment_receipt", "社会保险费缴费凭证"
    CERTIFICATION_FORM = "certification_form", "就业困难人员认定表"
    HARDSHIP_PROOF = "hardship_proof", "困难情形证明材料"
    ATTACHMENT = "attachment", "附件"


class Carrier(Code):
    """Carrier of a paper (载体)."""

    PAPER = "paper", "纸质"
    ELECTRONIC = "electronic", "电子"


class Purpose(Code):
    """Why a record about a person is looked at (查询目的); every look is registered."""

    SERVICE = "service", "业务办理"
    REVIEW = "review", "审核稽核"
    READING = "reading", "查阅利用"
    ARCHIVING = "archiving", "整理鉴定"
    AUDIT = "audit", "审计监督"


class UseForm(Code):
    """Form of use (利用方式)."""

    READING = "reading", "阅览"
    LOAN = "loan", "借阅"
    COPY = "copy", "复制"


class UseState(Code):
    """State of a use (利用状态)."""

    APPLIED = "applied", "待审批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "不批准"
    HANDED_OUT = "handed_out", "使用中"
    CLOSED = "closed", "已完成"


class MovementKind(Code):
    """What moved (异动种类): every change of place is one entry of the movement register."""

    RECEIVED = "received", "接收入库"
    LENT = "lent", "借出"
    RETURNED = "returned", "归还"
    DESTROYED = "destroyed", "销毁"


class TransferState(Code):
    """State of a transfer list from a section (移交状态)."""

    SUBMITTED = "submitted", "待验收"
    ACCEPTED = "accepted", "已入库"
    SENT_BACK = "sent_back", "已退回"


class DestructionStage(Code):
    """Stage of a destruction list (销毁清册状态)."""

    DRAWN_UP = "drawn_up", "待批准"
    EXECUTED = "executed", "已销毁"
    CANCELLED = "cancelled", "已撤销"


class ConsentAuthority(Code):
    """Who must consent to the destruction of accounting papers (会计档案销毁同意单位)."""

    AUDIT = "audit", "审计机关"
    FINANCE = "finance", "财政部门"
