"""What the demonstration says, in Chinese or English."""

from __future__ import annotations

from typing import Final

from deploy.commands.words import Language

ACCEPT: Final = {"zh": "zh-CN", "en": "en"}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "accounts": ("开设账户", "accounts"),
    "centres": ("双创中心入册", "centres"),
    "earlier": ("2019 年以前的档案", "records of before 2019"),
    "carriers": ("载体衔接", "carriers"),
    "projects": ("无代码的项目团队", "projects without a code"),
    "persons": ("法定代表人与创始人", "persons"),
    "graduations": ("高校毕业生证明", "graduates' papers"),
    "partners": ("合作机构与共建载体", "partners and joint carriers"),
    "divisions": ("县区领导小组与方案", "divisions' papers"),
    "appropriations": ("预算指标", "budget lines"),
    "matching_funds": ("配套资金", "matching funds"),
    "practices": ("典型经验", "good practice"),
    "targets": ("目标台账", "targets"),
    "titles": ("载体资格授牌", "titles"),
    "services": ("服务记录与企业确认", "services"),
    "tiers": ("层级认定", "tiers"),
    "enterprises": ("企业入驻、备案、毕业、退出", "enterprises"),
    "reports": ("季度报表", "quarterly reports"),
    "grants": ("专项资金", "grants"),
    "loans": ("贷款与转介", "loans and referrals"),
    "angel_funds": ("天使基金", "angel funds"),
    "rewards": ("融资奖励", "rewards for financing"),
    "rewards_found": ("{count} 笔，已支付 {paid}", "{count}, {paid} paid"),
    "alliances": ("联盟", "alliances"),
    "providers": ("服务机构入库", "service providers"),
    "programmes": ("创新券计划", "voucher programmes"),
    "vouchers": ("发放创新券", "vouchers"),
    "redemptions": ("用券", "redemptions"),
    "exemptions": ("免评", "exemptions"),
    "experts": ("专家库", "experts"),
    "evaluation": ("年度考核", "yearly evaluation"),
    "delisting": ("摘牌程序", "delisting procedure"),
    "rectifications": ("限期整改", "rectifications"),
    "comeback": ("换名重新申报", "coming back under a new name"),
    "nothing_to_do": (
        "演示数据已全部就绪，本次没有任何改动(nothing to do)。",
        "Everything was there already; nothing was changed (nothing to do).",
    ),
    "changed": (
        "本次共完成 {writes} 步，{calls} 次调用，用时 {seconds} 秒。",
        "{writes} steps taken in {calls} calls, {seconds} s.",
    ),
    "results": ("考核结果", "Results by grade"),
    "year": ("年度", "year"),
    "document": ("文号", "document"),
    "published": ("公布日期", "published"),
    "excellent": ("优秀", "excellent"),
    "good": ("良好", "good"),
    "pass": ("合格", "pass"),
    "fail": ("不合格", "fail"),
    "exempt": ("免评", "exempt"),
    "not_graded": ("不定等次", "not graded"),
    "fates": ("不合格之后", "After failing"),
    "centre": ("双创中心", "centre"),
    "outcome": ("后果", "outcome"),
    "delisted": ("摘牌", "delisted"),
    "listed": ("在册", "listed"),
    "rectified": ("{year} 年整改通过", "rectified {year}"),
    "not_rectified": ("{year} 年整改未通过", "{year} not rectified"),
    "superseded": ("{year} 年整改因摘牌终止", "{year} overtaken by the delisting"),
    "annulled": ("{year} 年整改撤销", "{year} annulled"),
    "rectifying": ("{year} 年整改中", "rectifying {year}"),
    "refused_again": ("{title}（{code}）", "{title} ({code})"),
    "timeline": ("摘牌时间线：{centre}，{no}", "The delisting of {centre}, {no}"),
    "day": ("业务日期", "day"),
    "service": ("服务", "service"),
    "by_registry": ("名录", "registry"),
    "by_evaluation": ("考核", "evaluation"),
    "by_finance": ("资金", "finance"),
    "by_vouchers": ("创新券", "vouchers"),
    "step": ("步骤", "step"),
    "milliseconds": ("公布后毫秒", "ms after publication"),
    "clauses": ("条款", "clauses"),
    "opened": ("立案：连续两年不合格（初步）", "opened: second fail in a row, preliminary"),
    "notice_of_intent": ("送达拟摘牌告知书", "notice of intent served"),
    "statement": ("陈述申辩", "statement and defence"),
    "hearing_request": ("申请听证", "hearing asked for"),
    "hearing": ("听证", "hearing held"),
    "legal_review": ("法制审核", "legal review"),
    "decision": ("作出决定", "decision"),
    "countersignature": ("会签", "countersigned"),
    "decided": ("考核结果公布，摘牌生效", "results published: the delisting is in force"),
    "reminded": ("督办", "reminder"),
    "completed": ("各服务执行完毕", "every service has acted"),
    "service_record": ("送达决定书", "decision served"),
    "registry": (
        "摘牌；取消资格 {revoked} 项；终止申报 {refused} 件；待安置企业 {relocated} 家",
        "delisted; {revoked} titles revoked, {refused} applications ended, {relocated} tenants to relocate",
    ),
    "finance": (
        "取消未拨付 {cancelled} 笔（释放 {released}）；追回结余 {recovering} 笔（{due}）",
        "{cancelled} unpaid grants cancelled ({released}), {recovering} to be recovered ({due})",
    ),
    "vouchers_done": (
        "停用券 {stopped} 张；释放预留 {released} 笔；已交付照付 {honoured} 笔",
        "{stopped} vouchers stopped, {released} holds released, {honoured} delivered ones honoured",
    ),
    "ban": (
        "禁止申报：{first} 至 {last}（含当日），{open} 起可以申报。",
        "Barred from {first} through {last}; may apply from {open}.",
    ),
    "refusal": ("{day} 原运营方以“{name}”申报：拒绝", "{day}: the operator applies as {name}: refused"),
    "accepted": (
        "{day} 以“{name}”再次申报：受理，{listed} 列入名录（{no}）。",
        "{day}: the operator applies as {name} again: accepted, listed {listed} ({no}).",
    ),
    "overview": ("还可以看什么", "What else there is"),
    "what": ("事项", "what"),
    "how_many": ("数量", "how many"),
    "where_to": ("地址", "address"),
    "persons_found": ("{count} 人，身份证号加密保存", "{count}, identity numbers sealed"),
    "projects_found": ("{count} 个，{registered} 个已取得代码", "{count}, {registered} registered since"),
    "partners_found": ("{count} 家，{inland} 家来自区外", "{count}, {inland} from other provinces"),
    "practices_found": ("公开 {count} 篇", "{count} published"),
    "experts_found": ("{count} 人，双人背对背评分", "{count}, two of them blind for each mark"),
    "divisions_found": ("{groups}/{divisions} 个成立领导小组", "{groups} of {divisions} have a leading group"),
    "appropriations_found": ("指标 {budget}，已核定 {committed}", "{budget} budgeted, {committed} committed"),
    "matching_funds_found": ("预算 {budget}，已支出 {spent}", "{budget} approved, {spent} spent"),
    "loans_found": (
        "{count} 笔，余额 {outstanding}；银行拒贷 {refused} 件",
        "{count}, {outstanding} owed; {refused} refused by a bank",
    ),
    "angel_funds_found": (
        "实缴 {paid_in}，其中财政 {municipal}",
        "{paid_in} paid in, {municipal} of it by the city",
    ),
    "bank_days": ("银行日对账", "reconciled days"),
    "bank_days_found": ("{count} 天，{differing} 天有差异", "{count}, {differing} with a difference"),
    "alliance_support": ("联盟支持资金", "support for alliances"),
    "alliance_support_found": ("{count} 笔，已支付 {paid}", "{count}, {paid} paid"),
    "targets_found": ("{met}/{count} 项完成", "{met} of {count} met"),
    "coverage": ("县区覆盖", "coverage"),
    "coverage_found": (
        "{covered}/{divisions} 个县区有双创中心",
        "{covered} of {divisions} counties and districts have a centre",
    ),
    "where": ("接下来看什么", "Where to look next"),
    "api": ("接口文档", "API"),
    "case": ("摘牌案卷", "the delisting case"),
    "delisted_centre": ("被摘牌的中心", "the delisted centre"),
    "register": ("在册中心", "register of centres"),
    "bans": ("禁止申报名单", "bans"),
    "bans_note": ("（请求头 Mengchuang-Today: 2021-06-15）", "(with the header Mengchuang-Today: 2021-06-15)"),
    "circulars": ("通报", "circulars"),
    "events": ("事件", "events"),
    "credentials": ("账户与口令", "accounts and passwords"),
    "guide": ("说明", "guide"),
    "stop": ("停止", "stop"),
}


class Texts:
    """One language's texts."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, name: str, /, **values: object) -> str:
        """Raises KeyError for a text that does not exist."""
        chinese, english = TEXTS[name]
        return (chinese if self.language == "zh" else english).format(**values)
