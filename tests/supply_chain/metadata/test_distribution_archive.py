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

from evenfall.supply_chain.metadata.distribution_archive import MAX_HEADER_BYTES, read_archive
from evenfall.supply_chain.metadata.package_metadata import MAX_METADATA_BYTES, MetadataError
from tests.supply_chain.index import metadata, sdist, wheel, zipped

TEXT = metadata("lamp")
WHEEL = "lamp-1.0-py3-none-any.whl"
SDIST = "lamp-1.0.tar.gz"


def read(content: bytes, name: str) -> bytes:
    return read_archive(io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (WHEEL, wheel("lamp", TEXT)),
        (SDIST, sdist("lamp", TEXT)),
        (SDIST, sdist("lamp", TEXT, prefix="./")),
        ("lamp-1.0.tar.bz2", bz2.compress(gzip.decompress(sdist("lamp", TEXT)))),
        ("lamp-1.0.zip", zipped({"lamp-1.0/x/PKG-INFO": b"not this", "lamp-1.0/PKG-INFO": TEXT.encode()})),
    ],
)
def test_the_metadata_file_of_every_format_is_found(name: str, content: bytes) -> None:
    assert read(content, name).decode() == TEXT


def test_the_metadata_of_a_vendored_distribution_is_ignored() -> None:
    with pytest.raises(MetadataError, match="has no METADATA"):
        read(zipped({"lamp/vendored-1.dist-info/METADATA": b"not this"}), WHEEL)
    with pytest.raises(MetadataError, match="has no PKG-INFO"):
        read(sdist("lamp"), SDIST)


def test_a_folder_with_the_name_of_the_metadata_file_is_ignored() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        folder = tarfile.TarInfo("lamp-1.0/PKG-INFO")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    with pytest.raises(MetadataError, match="has no PKG-INFO"):
        read(written.getvalue(), SDIST)


def test_a_metadata_file_is_read_up_to_the_limit() -> None:
    bomb = zipped(
        {"lamp-1.0.dist-info/METADATA": TEXT.encode() + b" " * (3 * MAX_METADATA_BYTES)}, zipfile.ZIP_DEFLATED
    )
    assert len(read(bomb, WHEEL)) == MAX_METADATA_BYTES


def test_an_sdist_is_unpacked_up_to_the_limit() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz", compresslevel=1) as archive:
        for number in range(2):
            large = tarfile.TarInfo(f"lamp-1.0/{number}.bin")
            large.size = 4 << 20
            archive.addfile(large, Zeros())
    with pytest.raises(MetadataError, match="larger than 6 MiB unpacked"):
        read_archive(io.BytesIO(written.getvalue()), SDIST, unpacked=6 << 20)


def test_headers_are_read_up_to_the_limit() -> None:
    header = tarfile.TarInfo("lamp-1.0/PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 2 * MAX_HEADER_BYTES
    packed = gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(2 * MAX_HEADER_BYTES))
    with pytest.raises(MetadataError, match="headers of more than 16 MiB"):
        read(packed, SDIST)


def test_a_header_that_points_back_is_not_followed() -> None:
    """Each step back would unpack everything again. Since CVE-2025-8194 Python takes such a header for the end."""
    header = tarfile.TarInfo("lamp-1.0/large.bin")
    header.size = 1 << 20
    forward = header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)
    header.size = -(1 << 19)
    with pytest.raises(MetadataError, match=r"has a header that points back|has no PKG-INFO"):
        read(gzip.compress(forward + header.tobuf(tarfile.GNU_FORMAT)), SDIST)


def test_a_sparse_file_that_ends_before_its_map_is_invalid() -> None:
    header = tarfile.TarInfo("lamp-1.0/PKG-INFO")
    header.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[482] = 1
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:512]))
    with pytest.raises(MetadataError, match="not a valid archive"):
        read(gzip.compress(bytes(block)), SDIST)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_wheels_do_not_have_is_rejected(compression: int) -> None:
    with pytest.raises(MetadataError, match="compression"):
        read(zipped({"lamp-1.0.dist-info/METADATA": TEXT.encode()}, compression), WHEEL)


class Zeros(io.RawIOBase):
    """An endless file."""

    def read(self, size: int = -1) -> bytes:
        return b"\0" * size


@pytest.mark.parametrize("name", ["a-1-py3-none-any.whl", "a-1.tar.gz", "a-1.zip"])
@given(content=st.binary(max_size=100), cut=st.integers(0, 400))
def test_any_file_is_read_or_rejected(name: str, content: bytes, cut: int) -> None:
    for invalid in (content, wheel("a")[:cut], sdist("a", TEXT)[:cut]):
        with suppress(MetadataError):
            read(invalid, name)


def test_the_reason_names_the_file() -> None:
    with pytest.raises(MetadataError, match=r"a-1\.tar\.gz: not a valid archive: .+"):
        read(b"x", "a-1.tar.gz")
