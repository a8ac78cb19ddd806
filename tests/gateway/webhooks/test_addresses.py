"""Where nothing is sent: every way to write an inner address, every kind of address that is not the internet's."""

from ipaddress import ip_address, ip_network

import pytest

from gateway.webhooks.addresses import AddressRefused, Boundary, is_public
from gateway.webhooks.targets import parse

PUBLIC = Boundary((), frozenset({443, 8443}))

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104  # an address to refuse, nothing is bound to it
    *("0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255"),
    *("168.63.129.16", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1"),
    *("192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:1"),
    *("64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.1.2.3", "64:ff9b:1::1", "64:ff9b:1:ffff::a00:1"),
    *("100::1", "100:0:0:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1"),
    *("2001:20::1", "2001:1ff::1", "2001:db8::1", "2002:7f00:1::1", "2002:0808:0808::1", "2620:4f:8000::1"),
    *("3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1"),
    *("fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::5efe:10.0.0.1"),
    *("2606:4700::200:5efe:127.0.0.1",),
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_the_internets_is_refused(text: str) -> None:
    address = ip_address(text)
    assert not is_public(address)
    with pytest.raises(AddressRefused, match="webhook-address-refused"):
        PUBLIC.check([address], 443, tls=True)


@pytest.mark.parametrize(
    "text",
    [
        *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255"),
        *("128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255"),
        *("198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888"),
        *("2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
    ],
)
def test_a_public_address_is_taken(text: str) -> None:
    assert is_public(ip_address(text))
    PUBLIC.check([ip_address(text)], 443, tls=True)


def test_one_inner_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(AddressRefused, match="webhook-address-refused"):
        PUBLIC.check([ip_address("8.8.8.8"), ip_address("10.0.0.1")], 443, tls=True)


def test_a_name_without_an_address_is_not_found() -> None:
    with pytest.raises(AddressRefused, match="webhook-host-unknown"):
        PUBLIC.check([], 443, tls=True)


@pytest.mark.parametrize(
    ("address", "port", "tls", "refused"),
    [
        ("8.8.8.8", 443, True, None),
        ("8.8.8.8", 8443, True, None),
        ("8.8.8.8", 22, True, "webhook-port-refused"),
        ("8.8.8.8", 5432, True, "webhook-port-refused"),
        ("8.8.8.8", 443, False, "webhook-scheme-refused"),
        ("10.1.2.3", 9000, False, None),
        ("::ffff:10.1.2.3", 9000, False, None),
        ("10.2.0.1", 443, True, "webhook-address-refused"),
    ],
)
def test_allowed_networks_are_allowed_at_every_port_and_without_tls(
    address: str, port: int, tls: bool, refused: str | None
) -> None:
    boundary = Boundary((ip_network("10.1.0.0/16"),), frozenset({443, 8443}))
    if refused is None:
        boundary.check([ip_address(address)], port, tls=tls)
    else:
        with pytest.raises(AddressRefused, match=refused):
            boundary.check([ip_address(address)], port, tls=tls)


def test_public_and_allowed_addresses_together_need_tls_and_an_allowed_port() -> None:
    boundary = Boundary((ip_network("10.0.0.0/8"),), frozenset({443}))
    both = [ip_address("10.0.0.1"), ip_address("8.8.8.8")]
    boundary.check(both, 443, tls=True)
    with pytest.raises(AddressRefused, match="webhook-scheme-refused"):
        boundary.check(both, 443, tls=False)


LOOPBACK_SPELLINGS = [
    *("https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://017700000001/"),
    *(
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://0x7F.0x0.0x0.0x1/",
        "https://127.0.0.1./",
    ),
    *("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/"),
    *("https://１２７.0.0.1/", "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://127.0.0.1:443/x?y"),
    *("HTTPS://127.0.0.1", "https://127.0.0.1?x=1", "https://[0:0:0:0:0:FFFF:127.0.0.1]/"),
]


@pytest.mark.parametrize("url", LOOPBACK_SPELLINGS)
def test_every_spelling_of_loopback_is_the_same_address(url: str) -> None:
    target = parse(url)
    assert target.literal == ip_address("127.0.0.1")
    assert target.host == "127.0.0.1"
    assert parse(target.url) == target
    with pytest.raises(AddressRefused, match="webhook-address-refused"):
        PUBLIC.check([ip_address(target.host)], target.port, tls=True)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "https://",
            "https:///x",
            "https:/example.com/",
            "//example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
        ),
        *("gopher://example.com/", "javascript:alert(1)", "https://user@example.com/", "https://user:pw@example.com/"),
        *(
            "https://example.com@127.0.0.1/",
            "https://127.0.0.1#@example.com/",
            "https://example.com/#x",
            "https://example.com#",
        ),
        *(
            "https://example.com\\@127.0.0.1/",
            "https:\\\\example.com/",
            "https://example.com/\\x",
            "https://exa mple.com/",
        ),
        *("https://example.com/a b", "https://example.com/\n", "https://example.com/\x00", "https://example.com\t/"),
        *("https://ex%61mple.com/", "https://%31%32%37.0.0.1/", "https://example.com/%zz", "https://example.com/%2"),
        *(
            "https://example.com:0/",
            "https://example.com:65536/",
            "https://example.com:99999/",
            "https://example.com:/",
        ),
        *("https://example.com:44３/", "https://example.com:+443/", "https://example.com:443:443/", "https://:443/"),
        *("https://[::1/", "https://::1/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::g]/"),
        *("https://[127.0.0.1]/", "https://[v1.x]/", "https://[::1]x/", "https://[::1]:/", "https://1.2.3.4.5/"),
        *(
            "https://256.1.1.1/",
            "https://1.2.3.256/",
            "https://4294967296/",
            "https://0x100000000/",
            "https://08.1.1.1/",
        ),
        *("https://example.1/", "https://a..b/", "https://-a.com/", "https://ex_ample.com/"),
        *("https://example.com/é", 'https://example.com/"', "https://example.com/<x>", "https://example.com/`"),
        *(
            "https://例\u202e子.com/",
            "https://" + "a" * 64 + ".com/",
            "https://example.com/" + "a" * 2000,
            "https://./",
        ),
    ],
)
def test_what_could_be_read_in_two_ways_is_malformed(url: str) -> None:
    with pytest.raises(AddressRefused, match="webhook-url-malformed"):
        parse(url)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com./Path?q=%41", "https://example.com/Path?q=%41"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:8443/hook", "https://example.com:8443/hook"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://例子.测试/x", "https://xn--fsqu00a.xn--0zwm56d/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://[2606:4700:4700:0:0:0:0:1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://example.com/a;b=c/@d:e!$&'()*+,~", "https://example.com/a;b=c/@d:e!$&'()*+,~"),
    ],
)
def test_a_url_has_one_form(url: str, canonical: str) -> None:
    assert parse(url).url == canonical
    assert parse(canonical).url == canonical
