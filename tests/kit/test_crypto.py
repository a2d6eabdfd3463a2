"""Encrypted fields open only with their key and in their place."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.crypto import BadKey, Undecipherable, Vault

FIELD, OTHER, INDEX = (b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
vault = Vault(FIELD, INDEX)


class TestEncrypt:
    @given(st.text(), st.text(min_size=1))
    def test_comes_back_in_the_same_context(self, text, context):
        assert vault.decrypt(vault.encrypt(text, context=context), context=context) == text

    def test_never_writes_the_same_value_twice(self):
        assert vault.encrypt("一", context="c") != vault.encrypt("一", context="c")

    def test_starts_with_the_version_of_the_key(self):
        assert vault.encrypt("", context="c")[0] == 1
        assert Vault(f"7:{OTHER},1:{FIELD}", INDEX).encrypt("", context="c")[0] == 7

    def test_needs_a_context(self):
        with pytest.raises(ValueError, match="context"):
            vault.encrypt("x", context="")


class TestDecrypt:
    def test_refuses_another_context(self):
        with pytest.raises(Undecipherable, match="上下文"):
            vault.decrypt(vault.encrypt("x", context="person:1"), context="person:2")

    def test_refuses_another_key(self):
        with pytest.raises(Undecipherable, match="密钥"):
            Vault(OTHER, INDEX).decrypt(vault.encrypt("x", context="c"), context="c")

    def test_names_a_version_that_it_has_no_key_for(self):
        with pytest.raises(Undecipherable, match="version 01"):
            Vault(f"2:{OTHER}", INDEX).decrypt(vault.encrypt("x", context="c"), context="c")

    def test_still_reads_what_an_older_key_wrote(self):
        old = vault.encrypt("x", context="c")
        assert Vault(f"2:{OTHER},1:{FIELD}", INDEX).decrypt(old, context="c") == "x"

    @given(st.data())
    def test_notices_every_changed_byte(self, data):
        sealed = bytearray(vault.encrypt("11010519491231002X", context="c"))
        place = data.draw(st.integers(0, len(sealed) - 1))
        sealed[place] ^= data.draw(st.integers(1, 255))
        with pytest.raises(Undecipherable):
            vault.decrypt(bytes(sealed), context="c")

    @pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(12)])
    def test_refuses_what_is_too_short(self, sealed):
        with pytest.raises(Undecipherable):
            vault.decrypt(sealed, context="c")


class TestIndex:
    def test_is_hmac_sha256(self):
        # printf 'Hi There' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0303…03
        expected = "48f80950278f1bd7021e5ea911957be19cacde51556cf72bdbacda2c7cc2c9cf"
        assert vault.index("Hi There") == expected

    def test_depends_on_the_index_key(self):
        assert vault.index("x") != Vault(FIELD, OTHER).index("x")

    @given(st.text(), st.text())
    def test_is_equal_only_for_equal_text(self, one, two):
        assert (vault.index(one) == vault.index(two)) == (one == two)


class TestKeys:
    @pytest.mark.parametrize(
        "key",
        ["", "short", b64encode(bytes(16)).decode(), "密钥", f"0:{FIELD}", f"256:{FIELD}", f"x:{FIELD}"],
    )
    def test_are_refused_when_they_are_not_keys(self, key):
        with pytest.raises(BadKey):
            Vault(key, INDEX)

    def test_are_not_repeated_in_the_message(self):
        with pytest.raises(BadKey) as problem:
            Vault("c2VjcmV0", INDEX)
        assert "c2VjcmV0" not in str(problem.value)
