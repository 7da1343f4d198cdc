"""Names, addresses, phones and e-mails: what means the same gets the same key, what differs does not."""

import duckdb
import pytest

from features.normalise import (
    address_key,
    address_numbers,
    email_key,
    fold,
    name_key,
    normal_values,
    phone_key,
    register_values,
    romanise,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Trading Co., Ltd.", "ACME TRADING"),
        ("Müller GmbH", "muller"),
        ("上海宏達電子有限公司", "上海宏达电子"),
        ("上海宏达电子股份有限公司", "上海宏达电子集团"),
        ("ＡＢＣ　Tools Inc", "abc tools"),
        ("Smith & Sons Ltd", "Smith and Sons"),
    ],
)
def test_names_that_mean_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Acme Trading", "Acme Foods"), ("宏达一号店", "宏达二号店"), ("Shop 1", "Shop 2")]
)
def test_names_that_differ(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_a_name_of_nothing_but_a_company_form_stays() -> None:
    assert name_key("The Company") != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 High Street, Suite 4", "12 HIGH ST. STE 4"),
        ("广东省深圳市南山区科技路12号", "深圳市南山区科技路１２号"),
        ("廣東省深圳市南山區科技路12號", "深圳市南山区科技路12号"),
        ("5 Park Avenue", "5, Park Ave"),
    ],
)
def test_addresses_that_mean_the_same(one: str, other: str) -> None:
    assert address_key(one) == address_key(other)


@pytest.mark.parametrize(("one", "other"), [("12 High Street", "14 High Street"), ("科技路12号", "科技路21号")])
def test_another_house_number_is_another_address(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)
    assert address_numbers(one) != address_numbers(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+86 138-1234-5678", "13812345678"),
        ("0086 13812345678", "１３８１２３４５６７８"),
        ("021-6123 4567 转 12", "+86 21 61234567"),
        ("+44 (0)20 7946 0958", "020 7946 0958"),
        ("(555) 123-4567 ext. 9", "+1 555 123 4567"),
    ],
)
def test_phones_that_mean_the_same(one: str, other: str) -> None:
    assert phone_key(one) == phone_key(other) != ""


def test_what_is_no_phone_has_no_key() -> None:
    assert phone_key("n/a") == phone_key("12345") == ""


def test_emails() -> None:
    assert email_key(" Orders+EU@Acme.example ") == email_key("orders@acme.example")
    assert email_key("not an address") == ""


def test_homophones_sound_alike() -> None:
    assert romanise("王小明") == romanise("王晓明")
    assert romanise("plain") == "plain"


def test_fold_keeps_chinese_apart() -> None:
    assert fold("ＡＢＣ號") == "abc号"


def test_nothing_left_is_null() -> None:
    frame = normal_values(["---", "Acme"], "name")
    assert frame["key"].tolist() == [None, "acme"]


def test_distinct_values_come_back_as_a_table() -> None:
    connection = duckdb.connect()
    connection.execute(
        "create table orders as select * from (values ('Acme Ltd'), ('ACME'), ('Acme Ltd'), (null)) t(name)"
    )
    register_values(connection, "forms", "name", ["orders.name"])
    rows = connection.execute("select value, key, hashed from forms order by value").fetchall()
    assert [row[:2] for row in rows] == [("ACME", "acme"), ("Acme Ltd", "acme")]
    assert rows[0][2] == rows[1][2]
