"""All the files together, and the smaller world of a few centres that tests tell the story with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.demo import tables


@dataclass(frozen=True, slots=True)
class Data:
    """The rows of all files."""

    centres: list[tables.Centre]
    titles: list[tables.Title]
    services: list[tables.Service]
    tiers: list[tables.Tier]
    enterprises: list[tables.Enterprise]
    tenancies: list[tables.Tenancy]
    reports: list[tables.Report]
    held: list[tables.CentreActivity]
    mentors: list[tables.Mentor]
    advice: list[tables.MentorSession]
    staff: list[tables.StaffMember]
    trainings: list[tables.Training]
    appropriations: list[tables.Appropriation]
    grants: list[tables.Grant]
    spending: list[tables.Spending]
    guidance: list[tables.Guidance]
    programmes: list[tables.Programme]
    providers: list[tables.Provider]
    vouchers: list[tables.Voucher]
    redemptions: list[tables.Redemption]
    settlements: list[tables.Settlement]
    evaluations: list[tables.Evaluation]
    marks: list[tables.Mark]
    exemptions: list[tables.Exemption]
    rectifications: list[tables.Rectification]
    delistings: list[tables.Delisting]
    comebacks: list[tables.Comeback]
    accounts: list[tables.Account]
    experts: list[tables.Expert]
    rubrics: list[tables.Rubric]
    persons: list[tables.Person]
    graduations: list[tables.Graduation]
    projects: list[tables.Project]
    earlier_centres: list[tables.EarlierCentre]
    earlier_enterprises: list[tables.EarlierEnterprise]
    earlier_stays: list[tables.EarlierStay]
    partners: list[tables.Partner]
    agreements: list[tables.Agreement]
    joint_carriers: list[tables.JointCarrier]
    carriers: list[tables.Carrier]
    practices: list[tables.Practice]
    divisions: list[tables.DivisionPage]
    funds: list[tables.MatchingFund]
    payments: list[tables.MatchingPayment]
    targets: list[tables.TargetFigure]
    referrals: list[tables.Referral]
    loans: list[tables.Loan]
    loan_payments: list[tables.LoanPayment]
    subsidies: list[tables.Subsidy]
    bank_days: list[tables.BankDay]
    angel_funds: list[tables.AngelFund]
    rewards: list[tables.Reward]
    activities: list[tables.AllianceActivity]
    supports: list[tables.AllianceSupport]


def load(folder: Path = tables.DATA) -> Data:
    """Everything. Raises ValidationError, which names file type and cell."""
    return Data(
        centres=tables.read(tables.Centre, folder),
        titles=tables.read(tables.Title, folder),
        services=tables.read(tables.Service, folder),
        tiers=tables.read(tables.Tier, folder),
        enterprises=tables.read(tables.Enterprise, folder),
        tenancies=tables.read(tables.Tenancy, folder),
        reports=tables.read(tables.Report, folder),
        held=tables.read(tables.CentreActivity, folder),
        mentors=tables.read(tables.Mentor, folder),
        advice=tables.read(tables.MentorSession, folder),
        staff=tables.read(tables.StaffMember, folder),
        trainings=tables.read(tables.Training, folder),
        appropriations=tables.read(tables.Appropriation, folder),
        grants=tables.read(tables.Grant, folder),
        spending=tables.read(tables.Spending, folder),
        guidance=tables.read(tables.Guidance, folder),
        programmes=tables.read(tables.Programme, folder),
        providers=tables.read(tables.Provider, folder),
        vouchers=tables.read(tables.Voucher, folder),
        redemptions=tables.read(tables.Redemption, folder),
        settlements=tables.read(tables.Settlement, folder),
        evaluations=tables.read(tables.Evaluation, folder),
        marks=tables.read(tables.Mark, folder),
        exemptions=tables.read(tables.Exemption, folder),
        rectifications=tables.read(tables.Rectification, folder),
        delistings=tables.read(tables.Delisting, folder),
        comebacks=tables.read(tables.Comeback, folder),
        accounts=tables.read(tables.Account, folder),
        experts=tables.read(tables.Expert, folder),
        rubrics=tables.read(tables.Rubric, folder),
        persons=tables.read(tables.Person, folder),
        graduations=tables.read(tables.Graduation, folder),
        projects=tables.read(tables.Project, folder),
        earlier_centres=tables.read(tables.EarlierCentre, folder),
        earlier_enterprises=tables.read(tables.EarlierEnterprise, folder),
        earlier_stays=tables.read(tables.EarlierStay, folder),
        partners=tables.read(tables.Partner, folder),
        agreements=tables.read(tables.Agreement, folder),
        joint_carriers=tables.read(tables.JointCarrier, folder),
        carriers=tables.read(tables.Carrier, folder),
        practices=tables.read(tables.Practice, folder),
        divisions=tables.read(tables.DivisionPage, folder),
        funds=tables.read(tables.MatchingFund, folder),
        payments=tables.read(tables.MatchingPayment, folder),
        targets=tables.read(tables.TargetFigure, folder),
        referrals=tables.read(tables.Referral, folder),
        loans=tables.read(tables.Loan, folder),
        loan_payments=tables.read(tables.LoanPayment, folder),
        subsidies=tables.read(tables.Subsidy, folder),
        bank_days=tables.read(tables.BankDay, folder),
        angel_funds=tables.read(tables.AngelFund, folder),
        rewards=tables.read(tables.Reward, folder),
        activities=tables.read(tables.AllianceActivity, folder),
        supports=tables.read(tables.AllianceSupport, folder),
    )


def reduced(data: Data, keys: frozenset[str]) -> Data:
    """The world as if only these centres existed, with the accounts that somebody still needs."""
    centres = [centre for centre in data.centres if centre.key in keys]
    tenancies = tables.select(data.tenancies, keys)
    codes = {tenancy.enterprise for tenancy in tenancies}
    redemptions = tables.select(data.redemptions, keys)
    services = tables.select(data.services, keys)
    referrals = tables.select(data.referrals, keys)
    advice = tables.select(data.advice, keys)
    orgs = {
        *(centre.operator_code for centre in centres),
        *(redemption.enterprise for redemption in redemptions),
        *(service.enterprise for service in services),
        *(referral.enterprise for referral in referrals),
        *(session.enterprise for session in advice),
        *(provider.code for provider in data.providers),
    }
    return Data(
        centres=centres,
        titles=tables.select(data.titles, keys),
        services=services,
        tiers=tables.select(data.tiers, keys),
        enterprises=[enterprise for enterprise in data.enterprises if enterprise.code in codes],
        tenancies=tenancies,
        reports=tables.select(data.reports, keys),
        held=tables.select(data.held, keys),
        mentors=data.mentors,
        advice=advice,
        staff=tables.select(data.staff, keys),
        trainings=data.trainings,
        appropriations=data.appropriations,
        grants=tables.select(data.grants, keys),
        spending=tables.select(data.spending, keys),
        guidance=data.guidance,
        programmes=data.programmes,
        providers=data.providers,
        vouchers=tables.select(data.vouchers, keys),
        redemptions=redemptions,
        settlements=data.settlements,
        evaluations=data.evaluations,
        marks=tables.select(data.marks, keys),
        exemptions=tables.select(data.exemptions, keys),
        rectifications=tables.select(data.rectifications, keys),
        delistings=tables.select(data.delistings, keys),
        comebacks=data.comebacks,
        accounts=[account for account in data.accounts if account.key or account.org is None or account.org in orgs],
        experts=data.experts,
        rubrics=data.rubrics,
        persons=[person for person in data.persons if person.enterprise in codes],
        graduations=tables.select(data.graduations, keys),
        projects=tables.select(data.projects, keys),
        earlier_centres=tables.select(data.earlier_centres, keys),
        earlier_enterprises=data.earlier_enterprises,
        earlier_stays=tables.select(data.earlier_stays, keys),
        partners=data.partners,
        agreements=tables.select(data.agreements, keys),
        joint_carriers=tables.select(data.joint_carriers, keys),
        carriers=tables.select(data.carriers, keys),
        practices=tables.select(data.practices, keys),
        divisions=data.divisions,
        funds=data.funds,
        payments=[pay for pay in data.payments if pay.centre in keys or pay.enterprise in codes],
        targets=data.targets,
        referrals=referrals,
        loans=tables.select(data.loans, keys),
        loan_payments=tables.select(data.loan_payments, keys),
        subsidies=data.subsidies,
        bank_days=data.bank_days,
        angel_funds=tables.select(data.angel_funds, keys),
        rewards=tables.select(data.rewards, keys),
        activities=data.activities,
        supports=data.supports,
    )
