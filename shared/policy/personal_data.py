"""What personal data are kept for, how long, and for which reasons they are given out."""

from collections.abc import Mapping

from shared.policy.params import Param, Section, Slug, Titled


class Purpose(Titled):
    """What somebody consents to. `retention_months` count from the day of the consent, or from the last day that the
    purpose itself gives, such as the end of an appointment."""

    retention_months: Param[int]


class PersonalData(Section):
    """`unfounded_months`: how long a person stays on record whom nothing gives a ground to keep any more.
    `link_months`: how long standing behind an enterprise or a project is a ground after it last sat in a centre."""

    unfounded_months: Param[int]
    link_months: Param[int]
    purposes: Mapping[Slug, Purpose]
    consent_channels: Mapping[Slug, Titled]
    export_reasons: Mapping[Slug, Titled]
