"""Short ways to alliances and their members."""

from __future__ import annotations

from tests.registry.support import Caller, Json, Registry, expect, fresh_code

ALLIANCES, MEMBERS, TALENT = "/v1/alliances", "/v1/alliance-members", "/v1/talent-arrivals"
SPACES, SCI = "maker_spaces", "sci"


def lead(registry: Registry, alliance: str, step: str = "officer") -> Caller:
    """Somebody of the lead bureau."""
    bureau = "industry" if alliance == SPACES else "education"
    return registry.caller(f"{bureau}_{step}")


async def partner(registry: Registry, name: str = "南京大学", province: str = "320000", **changes: object) -> Json:
    body = {"name": name, "kind": "school", "origin_province": province, "capital": "0.00", **changes}
    return expect(await registry.officer.post("/v1/partners", body), 201)


async def applied(registry: Registry, centre: Json | None = None) -> Json:
    """The operator's centre has asked to join the maker spaces' alliance."""
    centre = centre or await registry.listed()
    body = {"alliance": SPACES, "kind": "centre", "centre_id": centre["id"]}
    return expect(await registry.operator.post(MEMBERS, body), 201)


async def member(registry: Registry, centre: Json | None = None) -> Json:
    """The operator's centre is a member."""
    asked = await applied(registry, centre)
    return expect(await lead(registry, SPACES).post(f"{MEMBERS}/{asked['id']}/accept"), 200)


async def school(registry: Registry, name: str = "南京大学", province: str = "320000") -> Json:
    """A school in the SCI alliance, its consent on paper."""
    found = await partner(registry, name, province)
    body = {"alliance": SCI, "kind": "school", "partner_id": found["id"], "consent_document_no": "同意书1号"}
    asked = expect(await lead(registry, SCI).post(MEMBERS, body), 201)
    return expect(await lead(registry, SCI, "approver").post(f"{MEMBERS}/{asked['id']}/accept"), 200)


async def firm(registry: Registry) -> tuple[Json, Caller]:
    """An enterprise and the account that speaks for it."""
    code = fresh_code()
    enterprise = await registry.enterprise(code=code)
    return enterprise, registry.caller("enterprise", org=code)


DECISION = {"document_no": "城政〔2019〕9号"}


async def pair(registry: Registry, name: str = "金陵制药") -> tuple[Json, Caller]:
    """A pair that is proposed, and the account of its enterprise."""
    enterprise, itself = await firm(registry)
    inland = await partner(registry, name, kind="enterprise")
    body = {"industry": "biomedicine", "inland_document_no": "同意函1号"}
    sent = {**body, "partner_id": inland["id"], "enterprise_id": enterprise["id"]}
    return expect(await lead(registry, SCI).post("/v1/pairings", sent), 201), itself


async def community(registry: Registry, centre: Json, division: str = "540102") -> Json:
    """An open community around the centre."""
    officer, approver = (
        registry.caller(f"division_{step}", division=division, account=f"{step}-{division}")
        for step in ("officer", "approver")
    )
    body = {"name": f"{centre['name']}社区", "base_centre_id": centre["id"], "sector": "education"}
    proposed = expect(await officer.post("/v1/communities", body), 201)
    return expect(await approver.post(f"/v1/communities/{proposed['id']}/open", DECISION), 200)


async def report(operator: Caller, of: Json) -> Json:
    """A draft of the report of the community's first year."""
    return expect(await operator.post("/v1/community-reports", {"community_id": of["id"], "year": 2019}), 201)
