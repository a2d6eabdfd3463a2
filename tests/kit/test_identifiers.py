"""Identifiers: the examples of the standards, and what their check characters promise to find."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from services.kit.identifiers import (
    BankCard,
    CreditCode,
    IdNumber,
    InvalidIdentifier,
    Phone,
    bank_card,
    birth_of,
    credit_code,
    id_number,
    mask_bank_card,
    mask_id_number,
    mask_name,
    mask_phone,
    phone,
    sex_of,
)

# GB 11643-1999 appendix A; GB 32100-2015 worked example of the check character.
OFFICIAL_ID_NUMBERS = ["11010519491231002X", "440524188001010014"]
OFFICIAL_CREDIT_CODE = "91350100M000100Y43"

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def completed(check, body: str, alphabet: str) -> str:
    """The body with the one check character that is accepted."""
    accepted = [body + last for last in alphabet if valid(check, body + last)]
    assert len(accepted) == 1
    return accepted[0]


def valid(check, text: str) -> bool:
    try:
        return bool(check(text))
    except InvalidIdentifier:
        return False


births = st.dates(date(1900, 1, 1), date(2026, 1, 1))
id_numbers = st.builds(
    lambda born, order: completed(id_number, f"990101{born:%Y%m%d}{order:03}", "0123456789X"),
    births,
    st.integers(1, 999),
)
credit_codes = st.text(CREDIT_ALPHABET, min_size=9, max_size=9).map(
    lambda organisation: completed(credit_code, f"91990101{organisation}", CREDIT_ALPHABET)
)
cards = st.text("0123456789", min_size=14, max_size=17).map(
    lambda digits: completed(bank_card, f"6{digits}", "0123456789")
)


def swapped(text: str, place: int) -> str:
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def replaced(text: str, place: int, by: str) -> str:
    return text[:place] + by + text[place + 1 :]


class TestIdNumber:
    @pytest.mark.parametrize("number", OFFICIAL_ID_NUMBERS)
    def test_accepts_the_examples_of_the_standard(self, number):
        assert id_number(number) == number

    def test_tells_birth_and_sex(self):
        woman, man = OFFICIAL_ID_NUMBERS
        assert (birth_of(woman), sex_of(woman)) == (date(1949, 12, 31), "female")
        assert (birth_of(man), sex_of(man)) == (date(1880, 1, 1), "male")

    @pytest.mark.parametrize(
        "typed", ["11010519491231002x", "110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ"]
    )
    def test_takes_what_people_type(self, typed):
        assert id_number(typed) == "11010519491231002X"

    @pytest.mark.parametrize(
        "number", ["", "110105491231002", "X1010519491231002X", "01010519491231002X", "11010519491231002²"]
    )
    def test_refuses_another_form(self, number):
        with pytest.raises(InvalidIdentifier, match="18位"):
            id_number(number)

    def test_refuses_a_birth_date_that_does_not_exist(self):
        with pytest.raises(InvalidIdentifier, match="出生日期不存在"):
            id_number("110105194902300020")

    def test_refuses_a_birth_in_the_future(self):
        number = OFFICIAL_ID_NUMBERS[0]
        assert id_number(number, on=date(1949, 12, 31)) == number
        with pytest.raises(InvalidIdentifier, match="将来"):
            id_number(number, on=date(1949, 12, 30))

    @given(id_numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
    def test_finds_every_single_wrong_character(self, number, place, by):
        assume(number[place] != by)
        assert not valid(id_number, replaced(number, place, by))

    @given(id_numbers, st.integers(0, 16))
    def test_finds_every_swap_of_neighbours(self, number, place):
        assume(number[place] != number[place + 1])
        assert not valid(id_number, swapped(number, place))


class TestCreditCode:
    def test_accepts_the_example_of_the_standard(self):
        assert credit_code(OFFICIAL_CREDIT_CODE.lower()) == OFFICIAL_CREDIT_CODE

    def test_refuses_the_wrong_example_of_the_standard(self):
        with pytest.raises(InvalidIdentifier, match="Z"):
            credit_code("91350100M000100Y4Z")

    def test_refuses_a_wrong_check_character(self):
        with pytest.raises(InvalidIdentifier, match="校验码不符"):
            credit_code("91350100M000100Y44")

    @given(credit_codes, st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
    def test_finds_every_single_wrong_character(self, code, place, by):
        assume(code[place] != by)
        assert not valid(credit_code, replaced(code, place, by))

    @given(credit_codes, st.integers(0, 16))
    def test_finds_every_swap_of_neighbours(self, code, place):
        assume(code[place] != code[place + 1])
        assert not valid(credit_code, swapped(code, place))


class TestBankCard:
    def test_takes_what_people_type(self):
        assert bank_card("6200 0000 0000 0005") == "6200000000000005"

    @pytest.mark.parametrize(
        "number", ["620000000000000", "62000000000000000005", "0200000000000005", "62000000000000x5"]
    )
    def test_refuses_another_form(self, number):
        with pytest.raises(InvalidIdentifier, match="16至19位"):
            bank_card(number)

    @given(cards, st.data())
    def test_finds_every_single_wrong_digit(self, number, data):
        place = data.draw(st.integers(0, len(number) - 1))
        by = data.draw(st.sampled_from("0123456789"))
        assume(number[place] != by)
        assert not valid(bank_card, replaced(number, place, by))

    @given(cards, st.data())
    def test_finds_every_swap_of_neighbours_but_09(self, number, data):
        place = data.draw(st.integers(0, len(number) - 2))
        pair = {number[place], number[place + 1]}
        assume(len(pair) == 2 and pair != {"0", "9"})
        assert not valid(bank_card, swapped(number, place))


class TestPhone:
    @pytest.mark.parametrize(
        "typed", ["13800000000", "+86 138 0000 0000", "86-13800000000", "１３８００００００００"]
    )
    def test_takes_what_people_type(self, typed):
        assert phone(typed) == "13800000000"

    @pytest.mark.parametrize("typed", ["12800000000", "1380000000", "138000000000", "010-12345678", ""])
    def test_refuses_what_is_no_mobile_number(self, typed):
        with pytest.raises(InvalidIdentifier, match="手机号码"):
            phone(typed)


class TestMasks:
    def test_hide_the_middle(self):
        assert mask_id_number("11010519491231002X") == "110***********002X"
        assert mask_phone("13800005678") == "138****5678"
        assert mask_bank_card("6200000000001234") == "************1234"
        assert mask_name("张三丰") == "张**"

    def test_hide_all_of_what_is_too_short(self):
        assert mask_id_number("1234567") == "*******"
        assert mask_name("张") == "*"
        assert mask_name("") == ""


class TestTypes:
    class Form(BaseModel):
        id_number: IdNumber
        credit_code: CreditCode
        bank_card: BankCard
        phone: Phone

    def test_normalise(self):
        form = self.Form(
            id_number="11010519491231002x",
            credit_code="91350100m000100y43",
            bank_card="6200 0000 0000 0005",
            phone="+8613800000000",
        )
        assert form.model_dump() == {
            "id_number": "11010519491231002X",
            "credit_code": "91350100M000100Y43",
            "bank_card": "6200000000000005",
            "phone": "13800000000",
        }

    def test_tell_what_is_wrong_in_chinese_first(self):
        with pytest.raises(ValidationError) as problem:
            self.Form(id_number="110105194912310021", credit_code="1", bank_card="1", phone="1")
        messages = {error["type"]: error["msg"] for error in problem.value.errors()}
        assert messages["id_number"].startswith("身份证号码校验码不符")
        assert messages.keys() == {"id_number", "credit_code", "bank_card", "phone"}

    def test_do_not_repeat_the_number_in_the_message(self):
        with pytest.raises(InvalidIdentifier) as problem:
            id_number("110105194912310021")
        assert "1949" not in str(problem.value)
