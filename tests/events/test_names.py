"""Names: URNs and Digital Links, in both directions, and what is wrong with them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.events.names import (
    Identifier,
    canonical_name,
    check_digit,
    identifier_key,
    identifier_of,
    matches_pattern,
    parts_of,
    problems_of,
    urn_of,
)
from tests.shared_data import shared_path

ROOT = "https://id.gs1.org/"
TEXT = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

PAIRS = (
    # Check digits are worked out by hand.
    ("urn:epc:id:sgtin:0614141.112345.400", "01/10614141123459/21/400"),
    ("urn:epc:id:sgtin:415056789012.0.987654", "01/04150567890128/21/987654"),
    ("urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()", "01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29"),
    ("urn:epc:id:sgtin:952001.1012345.22222223333", "01/19520010123455/21/22222223333"),
    ("urn:epc:id:sscc:0614141.1234567890", "00/106141412345678908"),
    ("urn:epc:id:sgln:0614141.12345.400", "414/0614141123452/254/400"),
    ("urn:epc:id:sgln:0614141.12345.0", "414/0614141123452"),
    ("urn:epc:id:sgln:061414112345..0", "414/0614141123452"),
    ("urn:epc:id:pgln:0614141.12345", "417/0614141123452"),
    ("urn:epc:id:grai:0614141.12345.400", "8003/00614141123452400"),
    ("urn:epc:id:giai:0614141.12345400", "8004/061414112345400"),
    ("urn:epc:id:gsrn:0614141.1234567890", "8018/061414112345678902"),
    ("urn:epc:id:gsrnp:0614141.1234567890", "8017/061414112345678902"),
    ("urn:epc:id:gdti:0614141.12345.006847", "253/0614141123452006847"),
    ("urn:epc:id:gdti:987659999999..9", "253/98765999999929"),
    ("urn:epc:id:cpi:0614141.123ABC.123456789", "8010/0614141123ABC/8011/123456789"),
    ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "8010/061414111111111111111-A%23%2F/8011/1234"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "255/401234567890104711"),
    ("urn:epc:id:ginc:0614141.xyz47%2F11", "401/0614141xyz47%2F11"),
    ("urn:epc:id:gsin:0614141.123456789", "402/06141411234567890"),
    ("urn:epc:id:itip:4012345.012345.01.02.987", "8006/040123451234560102/21/987"),
    ("urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB", "01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB"),
    ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
    ("urn:epc:idpat:sgtin:4012345.012345.*", "01/04012345123456"),
    ("urn:epc:idpat:grai:4012345.99999.*", "8003/04012345999990"),
    ("urn:epc:idpat:gdti:4012345.11111.*", "253/4012345111118"),
    ("urn:epc:idpat:sgcn:4012345.22222.*", "255/4012345222227"),
    ("urn:epc:idpat:cpi:4012345.AB12.*", "8010/4012345AB12"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "8006/040123451234560102"),
)


@pytest.mark.parametrize(("urn", "link"), PAIRS)
def test_canonical_name__urns(urn: str, link: str) -> None:
    assert canonical_name(urn) == ROOT + link
    length = len(urn.split(":")[4].split(".")[0])
    assert urn_of(ROOT + link, company_prefix_length=length) == urn.replace("idpat:upui", "idpat:sgtin")


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("https://shop.example/gtin/09780345418913", "01/09780345418913"),
        ("http://example.org/gtin-8/01/97803111", "01/00000097803111"),
        ("https://example.org/01/001122334455/ser/GHB", "01/00001122334455/21/GHB"),
        ("HTTPS://user@example.org:8080/a/b/01/4012345123456", "01/04012345123456"),
        ("https://example.org/01/9780345418913/22/344/10/1223/21/765tz", "01/09780345418913/21/765tz"),
        ("https://example.org/01/9780345418913/22/344", "01/09780345418913"),
        ("https://example.org/01/40123451234560/22/34/10/A%2Fb", "01/40123451234560/10/A%2Fb"),
        ("https://example.org/01/9780345418913/21/a%2fb%3B'?11=221109&x=/00/1#end", "01/09780345418913/21/a%2Fb;'"),
        ("https://example.org/01/9780345418913/", "01/09780345418913"),
        ("https://example.org/party/4226350800008", "417/4226350800008"),
        ("https://example.org/414/4280000000002/glnx/12", "414/4280000000002/254/12"),
        ("https://id.example.com/8003/952012200000001004", "8003/952012200000001004"),
        ("https://example.org/253/4012345000054987", "253/4012345000054987"),
        ("https://example.org/8010/0628165987/cpsn/9876", "8010/0628165987/8011/9876"),
        ("https://example.org/itip/040123451234560102/lot/L-1/ser/ABC145", "8006/040123451234560102/21/ABC145"),
        ("https://example.org/01/abc/00/340123453111111115", "00/340123453111111115"),
        ("https://example.org/8018/385888700111111111/srin/7", "8018/385888700111111111/8019/7"),
    ],
)
def test_canonical_name__links_of_any_domain(link: str, canonical: str) -> None:
    assert canonical_name(link) == ROOT + canonical
    assert canonical_name(ROOT + canonical) == ROOT + canonical


@pytest.mark.parametrize(
    "name",
    [
        "",
        "42",
        "site 1",
        "geo:47.5,11.1",
        "urn:chaintwin:v1:site:a",
        "urn:epcglobal:cbv:bt:5200001000008:4711",
        "urn:epc:id",
        "urn:epc:id:gid:95100000.12345.400",
        "urn:epc:id:imovn:9176187",
        "urn:epc:id:sgtin:0614141.12345.400",
        "urn:epc:id:sgtin:06141.41112345.400",
        "urn:epc:id:sgtin:0614141.112345.",
        "urn:epc:id:sgtin:0614141.112345.123456789012345678901",
        "urn:epc:id:sgtin:0614141.112345.a/b",
        "urn:epc:id:sgtin:0614141.112345.a%20b",
        "urn:epc:id:sgtin:0614141.112345.a%FF",
        "urn:epc:id:sgtin:０614141.112345.1",
        "urn:epc:id:sscc:0614141.123456789",
        "urn:epc:id:itip:4012345.012345.1.2.987",
        "urn:epc:idpat:sgtin:0614141.*.*",
        "urn:epc:idpat:sgln:0614141.12345.*",
        "urn:epc:idpat:giai:0614141.1.*",
        "urn:epc:idpat:sgtin:0614141.112345.400",
        "https://example.org/01/97803",
        "https://example.org/123/4012345ABC987/456/4711",
        "http://id.gs1.org/01/9780345418913/99/utfgf",
        "http://id.gs1.org/01/9780345418913/21/x/10/y",
        "http://id.gs1.org/01/9780345418913/21/x/21/y",
        "http://id.gs1.org/01/9780345418913/21",
        "https://example.org/blog/401/hello",
        "https://ref.gs1.org/cbv/BizStep-shipping",
        "https://example.org",
    ],
)
def test_canonical_name__everything_else_is_unchanged(name: str) -> None:
    assert canonical_name(name) == name
    assert parts_of(name) is None
    assert identifier_of(name) is None


def test_canonical_name__published_pairs() -> None:
    folder = shared_path("epcis/hash-vectors/examples")
    count = 0
    for path in sorted(folder.glob("*.prehashes")):
        source = path.with_suffix(".xml")
        source = source if source.exists() else path.with_suffix(".jsonld")
        text = path.read_text()
        for urn in sorted(set(re.findall(r"urn:epc:(?:id|class|idpat):[a-z]+:[^\"<& ]+", source.read_text()))):
            assert canonical_name(urn).startswith(ROOT), urn
            # Where a user extension holds it, the name stays as it is; error declarations take no part in the hash.
            count += canonical_name(urn) in text
            assert canonical_name(urn) in text or urn in text or "errorDeclaration" in source.read_text(), urn
    assert count >= 90


@st.composite
def urns(draw: st.DrawFn) -> str:
    name, total, serial, longest = draw(
        st.sampled_from(
            [
                ("id:sgtin", 13, TEXT, 20),
                ("class:lgtin", 13, TEXT, 20),
                ("id:upui", 13, TEXT, 28),
                ("id:itip", 13, TEXT, 20),
                ("id:sscc", 17, "", 0),
                ("id:sgln", 12, TEXT, 20),
                ("id:pgln", 12, "", 0),
                ("id:grai", 12, TEXT, 16),
                ("id:gdti", 12, TEXT, 17),
                ("id:sgcn", 12, "0123456789", 12),
                ("id:gsrn", 17, "", 0),
                ("id:gsrnp", 17, "", 0),
                ("id:gsin", 16, "", 0),
                ("id:giai", 0, "", 0),
                ("id:ginc", 0, "", 0),
                ("id:cpi", 0, "0123456789", 12),
            ]
        )
    )
    length = draw(st.integers(6, 12))
    digits = st.sampled_from("0123456789")
    # A company prefix of five zeros is a GTIN of eight digits, which no URN can say.
    company = draw(st.sampled_from("123456789")) + "".join(draw(st.lists(digits, min_size=length - 1, max_size=length - 1)))
    if total:
        reference = "".join(draw(st.lists(digits, min_size=total - length, max_size=total - length)))
    else:
        signs = "0123456789-#/ABCZ" if name == "id:cpi" else TEXT
        reference = escaped("".join(draw(st.lists(st.sampled_from(signs), min_size=1, max_size=30 - length))))
    body = f"{company}.{reference}"
    if name == "id:itip":
        body += ".01.02"
    if serial:
        body += "." + escaped("".join(draw(st.lists(st.sampled_from(serial), min_size=1, max_size=longest))))
    return f"urn:epc:{name}:{body}"


def escaped(value: str) -> str:
    """Return a value as URNs write it: only the signs that a URN must not hold are escaped."""
    return "".join(f"%{ord(sign):02X}" if sign in '"%&/<>?#' else sign for sign in value)


@given(urns())
def test_urn_of__comes_back_from_every_scheme(urn: str) -> None:
    link = canonical_name(urn)
    length = len(urn.split(":", 4)[4].split(".")[0])
    assert link.startswith(ROOT)
    assert canonical_name(link) == link
    assert urn_of(link, company_prefix_length=length) == urn
    assert problems_of(urn) == problems_of(link) == ()
    assert matches_pattern(link, urn) and matches_pattern(urn, link)


@given(st.text(max_size=40) | st.from_regex(r"https?://[a-z.]{1,9}(/(01|00|414|21|10|[0-9a-z%*]{1,14})){1,6}", fullmatch=True))
def test_canonical_name__twice_is_once(text: str) -> None:
    once = canonical_name(text)
    assert canonical_name(once) == once
    problems_of(text)
    urn_of(text, company_prefix_length=7)
    assert matches_pattern(text, text) or "*" in text


@pytest.mark.parametrize(
    "link",
    [
        "01/10614141123458/21/400",
        "01/00000097803111",
        "8006/040123451234560102/10/L",
        "414/0614141123452/254/0",
        "no",
        "8004/0614a1",
    ],
)
def test_urn_of__none_where_no_urn_says_it(link: str) -> None:
    assert urn_of(ROOT + link, company_prefix_length=7) is None


def test_urn_of__prefix_length_out_of_range() -> None:
    with pytest.raises(UsageError, match="found 5; allowed: 6 to 12"):
        urn_of(ROOT + "00/106141412345678908", company_prefix_length=5)


@given(st.text("0123456789", min_size=7, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_check_digit__tells_every_single_error(digits: str, place: int, change: int) -> None:
    place %= len(digits)
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    assert check_digit(wrong) != check_digit(digits)


def test_parts_of__lot_serial_extension() -> None:
    parts = parts_of("urn:epc:id:grai:0614141.12345.400")
    assert parts is not None
    assert (parts.key, parts.value, parts.serial, parts.lot) == ("8003", "00614141123452", "400", "")
    parts = parts_of("https://example.org/414/4280000000002/254/a%2Fb")
    assert parts is not None
    assert (parts.key, parts.value, parts.extension, parts.serial) == ("414", "4280000000002", "a/b", "")


def test_identifier_of__meets_the_rows_of_a_project() -> None:
    name = canonical_name("urn:epc:class:lgtin:0614141.007346.L7")
    assert identifier_of(name) == Identifier("GTIN", "00614141073467", "L7")
    for scheme, value in (("GTIN", "614141073467"), ("ean13", "0614141073467"), ("UPC-A", "6 14141 07346 7"), ("gtin_14", name)):
        assert identifier_key(scheme, value) == ("GTIN", "00614141073467")
    assert identifier_key("gln", "0614141 07346 7") == identifier_of("urn:epc:id:sgln:0614141.07346.12")[:2]  # type: ignore[index]
    assert identifier_key("GRAI", "0614141123452") == ("GRAI", "00614141123452")
    assert identifier_key("SAP", "614141073467") == ("SAP", "614141073467")


@pytest.mark.parametrize(
    ("name", "pattern", "meant"),
    [
        ("urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:0614141.107346.*", True),
        ("urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:0614141.*.*", True),
        ("urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:*.*.*", True),
        ("urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:0614141.107346.2017", True),
        ("urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:0614142.*.*", False),
        ("urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:0614141.107347.*", False),
        ("urn:epc:class:lgtin:0614141.107346.2017", "urn:epc:idpat:sgtin:0614141.107346.*", False),
        ("urn:epc:idpat:sgtin:0614141.107346.*", "urn:epc:idpat:sgtin:0614141.107346.*", True),
        ("https://a.example/01/10614141073464", "urn:epc:idpat:sgtin:0614141.107346.*", True),
        ("https://a.example/01/10614141073464/21/1", "https://b.example/gtin/10614141073464/ser/*", True),
        ("https://a.example/01/10614141073464/10/1", "https://b.example/01/10614141073464/21/*", False),
        ("https://a.example/01/10614141073464/10/1", "https://b.example/01/10614141073464*", True),
        ("https://a.example/01/10614141073464/21/1", "https://b.example/01/*/21/1", True),
        ("https://a.example/01/10614141073464/21/1", "https://b.example/01/*/21/2", False),
        ("urn:epc:id:sscc:0614141.1234567890", "urn:epc:idpat:sscc:0614141.*", True),
        ("urn:epc:id:sscc:0614141.1234567890", "urn:epc:idpat:sscc:0614143.*", False),
        ("urn:epc:id:grai:0614141.12345.400", "urn:epc:idpat:grai:0614141.*.*", True),
        ("urn:epc:id:giai:0614141.a%2F5", "urn:epc:idpat:giai:0614141.*", True),
        ("urn:epc:id:cpi:0614141.AB.7", "urn:epc:idpat:cpi:0614141.AB.*", True),
        ("urn:epc:id:itip:4012345.012345.01.02.987", "urn:epc:idpat:itip:4012345.012345.*.*.*", True),
        ("urn:epc:id:sgln:0614141.12345.0", "urn:epc:idpat:sgln:0614141.12345.*", True),
        ("urn:epc:id:sgln:0614141.12345.40", "urn:epc:idpat:sgln:0614141.12345.0", False),
        ("urn:chaintwin:v1:site:a", "urn:chaintwin:v1:site:*", True),
        ("urn:chaintwin:v1:site:a", "urn:chaintwin:v1:lane:*", False),
        ("urn:chaintwin:v1:site:a.c", "urn:chaintwin:v1:site:abc", False),
    ],
)
def test_matches_pattern(name: str, pattern: str, *, meant: bool) -> None:
    assert matches_pattern(name, pattern) is meant
    assert matches_pattern(canonical_name(name), pattern) is meant


def test_matches_pattern__many_stars_take_no_time() -> None:
    assert not matches_pattern("https://a.example/" + "a/" * 5_000 + "b", "https://a.example/" + "*/" * 5_000 + "c*")
    assert not matches_pattern("a" * 50_000, "a*" * 20_000 + "b")


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("https://id.gs1.org/414/0614141073468", "name.check_digit", "0614141073468"),
        ("https://example.org/gtin/97803112", "name.check_digit", "97803112"),
        ("https://id.gs1.org/8006/040123451234570102", "name.check_digit", "040123451234570102"),
        ("https://id.gs1.org/01/97803", "name.length", "97803"),
        ("https://id.gs1.org/00/10614141234567890X", "name.characters", "10614141234567890X"),
        ("https://id.gs1.org/01/10614141073464/21/ä", "name.characters", "ä"),
        ("https://id.gs1.org/01/10614141073464/21/123456789012345678901", "name.length", "123456789012345678901"),
        ("https://id.gs1.org/01/10614141073464/99/1", "name.scheme", "99"),
        ("https://id.gs1.org/01/10614141073464/21", "name.length", "nothing"),
        ("https://id.gs1.org/01/10614141073464/21/1/10/1", "name.scheme", "21/1/10/1"),
        ("https://id.gs1.org/98/1", "name.scheme", "98"),
        ("https://id.gs1.org/414/0614141123452/254/0", "name.characters", "/254/0"),
        ("urn:epc:id:sgtin:0614141.12345.400", "name.length", "12345"),
        ("urn:epc:id:sgtin:06141.41112345.400", "name.length", "06141"),
        ("urn:epc:id:sgtin:0614141.11234x.400", "name.characters", "11234x"),
        ("urn:epc:id:sgtin:0614141.112345.", "name.length", "112345."),
        ("urn:epc:id:sgtin:0614141.112345.ä", "name.characters", "112345.ä"),
        ("urn:epc:id:stgin:0614141.112345.1", "name.scheme", "id:stgin"),
    ],
)
def test_problems_of__says_what_is_wrong(name: str, code: str, found: str) -> None:
    problems = problems_of(name)
    assert [(problem.code, problem.found) for problem in problems] == [(code, found)]
    assert problems[0].allowed and problems[0].fix


@pytest.mark.parametrize("name", ["site 1", "urn:epc:id:gid:1.2.3", "https://example.org/x", "urn:epc:idpat:sgtin:*.*.*"])
def test_problems_of__nothing_for_other_names(name: str) -> None:
    assert problems_of(name) == ()
