from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenfall.supply_chain.metadata.distribution_archive import HEADERS, Unreadable, read_archive
from evenfall.supply_chain.metadata.package_metadata import LIMIT
from tests.supply_chain.index import metadata, sdist, wheel

TEXT = metadata("lamp")


def zipped(entries: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lamp-1.0-py3-none-any.whl", wheel("lamp", TEXT)),
        ("lamp-1.0.tar.gz", sdist("lamp", TEXT)),
        ("lamp-1.0.tar.gz", sdist("lamp", TEXT, prefix="./")),
        ("lamp-1.0.tar.bz2", bz2.compress(gzip.decompress(sdist("lamp", TEXT)))),
        ("lamp-1.0.zip", zipped({"lamp-1.0/x/PKG-INFO": b"not this", "lamp-1.0/PKG-INFO": TEXT.encode()})),
    ],
)
def test_a_distribution_of_every_kind_says_what_it_is(name: str, content: bytes) -> None:
    assert read_archive(io.BytesIO(content), name).decode() == TEXT


def test_a_distribution_inside_another_is_not_asked() -> None:
    nested = zipped({"lamp/vendored-1.dist-info/METADATA": b"not this"})
    with pytest.raises(Unreadable, match="holds no METADATA"):
        read_archive(io.BytesIO(nested), "lamp-1.0-py3-none-any.whl")
    with pytest.raises(Unreadable, match="holds no PKG-INFO"):
        read_archive(io.BytesIO(sdist("lamp")), "lamp-1.0.tar.gz")


def test_a_folder_of_that_name_is_no_metadata() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        folder = tarfile.TarInfo("lamp-1.0/PKG-INFO")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    with pytest.raises(Unreadable, match="holds no PKG-INFO"):
        read_archive(io.BytesIO(written.getvalue()), "lamp-1.0.tar.gz")


def test_what_swells_is_read_no_further_than_is_needed() -> None:
    bomb = zipped({"lamp-1.0.dist-info/METADATA": TEXT.encode() + b" " * (3 * LIMIT)})
    assert len(read_archive(io.BytesIO(bomb), "lamp-1.0-py3-none-any.whl")) == LIMIT


def test_an_sdist_is_not_unpacked_without_end() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", compresslevel=1) as archive:
        for number in range(2):
            large = tarfile.TarInfo(f"lamp-1.0/{number}.bin")
            large.size = 40 << 20
            archive.addfile(large, Zeros())
    with pytest.raises(Unreadable, match="larger than 64 MiB unpacked"):
        read_archive(io.BytesIO(written.getvalue()), "lamp-1.0.tar.gz", unpacked=64 << 20)


def test_a_header_is_not_read_for_as_long_as_it_says_that_it_is() -> None:
    header = tarfile.TarInfo("lamp-1.0/PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 2 * HEADERS
    packed = gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(2 * HEADERS))
    with pytest.raises(Unreadable, match="has headers of more than 16 MiB"):
        read_archive(io.BytesIO(packed), "lamp-1.0.tar.gz")


def test_a_header_that_points_back_is_not_followed() -> None:
    """Each step back would unpack all anew. Python since CVE-2025-8194 takes it for the end."""
    header = tarfile.TarInfo("lamp-1.0/large.bin")
    header.size = 1 << 20
    forward = header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)
    header.size = -(1 << 19)
    with pytest.raises(Unreadable, match=r"has a header that points back|holds no PKG-INFO"):
        read_archive(io.BytesIO(gzip.compress(forward + header.tobuf(tarfile.GNU_FORMAT))), "lamp-1.0.tar.gz")


def test_a_sparse_file_that_ends_before_its_map_is_broken() -> None:
    header = tarfile.TarInfo("lamp-1.0/PKG-INFO")
    header.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[482] = 1
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:512]))
    with pytest.raises(Unreadable, match=r"is broken: "):
        read_archive(io.BytesIO(gzip.compress(bytes(block))), "lamp-1.0.tar.gz")


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_wheels_have_not_is_refused(how: int) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", how) as archive:
        archive.writestr("lamp-1.0.dist-info/METADATA", TEXT)
    with pytest.raises(Unreadable, match="packed in a way that installers don't know"):
        read_archive(written, "lamp-1.0-py3-none-any.whl")


class Zeros(io.RawIOBase):
    """Nothing, for ever."""

    def read(self, size: int = -1) -> bytes:
        return b"\0" * size


@pytest.mark.parametrize("name", ["a-1-py3-none-any.whl", "a-1.tar.gz", "a-1.zip"])
@given(raw=st.binary(max_size=100), cut=st.integers(0, 400))
def test_what_is_broken_breaks_nothing_else(name: str, raw: bytes, cut: int) -> None:
    for content in (raw, wheel("a")[:cut], sdist("a", TEXT)[:cut]):
        with suppress(Unreadable):
            read_archive(io.BytesIO(content), name)


def test_what_is_broken_is_said_to_be() -> None:
    with pytest.raises(Unreadable, match=r"a-1.tar.gz is broken: .+"):
        read_archive(io.BytesIO(b"x"), "a-1.tar.gz")
