from __future__ import annotations

import pytest

from evenfall.supply_chain.licenses.license_names import FAMILIES, NAMES, PROPRIETARY, license_by_name
from evenfall.supply_chain.licenses.spdx import spdx_list


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Expat license", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("MIT License.", "MIT"),
        ("BSD 3-Clause", "BSD-3-Clause"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("New BSD License", "BSD-3-Clause"),
        ("BSD licence", "LicenseRef-any-BSD"),
        ("Apache 2.0", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache2", "Apache-2.0"),
        ("ASL v2", "Apache-2.0"),
        ("PSF", "LicenseRef-any-PSF"),
        ("LGPLv3+", "LGPL-3.0-or-later"),
        ("GNU LGPL v2.1 or later", "LGPL-2.1-or-later"),
        ("GPLv3", "GPL-3.0-only"),
        ("GPL (>= 3)", "GPL-3.0-or-later"),
        ("GNU GPL", "LicenseRef-any-GPL"),
        ("AGPL 3.0 or later", "AGPL-3.0-or-later"),
        ("GNU Affero General Public License v3", "AGPL-3.0-only"),
        ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
        ("W3C License", "W3C"),
        ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ("zlib/libpng License", "Zlib"),
        ("The Unlicense (Unlicense)", "Unlicense"),
        ("ISC License (ISCL)", "ISC"),
        ("Zero-Clause BSD (0BSD)", "0BSD"),
        ("Academic Free License (AFL)", "LicenseRef-any-AFL"),
        ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
        ("CMU License (MIT-CMU)", "MIT-CMU"),
        ("Common Development and Distribution License 1.0 (CDDL-1.0)", "CDDL-1.0"),
        ("Mulan Permissive Software License v2 (MulanPSL-2.0)", "MulanPSL-2.0"),
        ("Open Software License 3.0 (OSL-3.0)", "OSL-3.0"),
        ("SIL Open Font License 1.1 (OFL-1.1)", "OFL-1.1"),
        ("Universal Permissive License (UPL)", "UPL-1.0"),
        ("BSD License (BSDL)", "LicenseRef-any-BSD"),
        ("GNU General Public License (GPLv3)", "GPL-3.0-only"),
        ("GNU General Public License v3 (GPL)", "GPL-3.0-only"),
        ("Proprietary", "LicenseRef-Other-Proprietary-License"),
    ],
)
def test_a_common_name_of_a_license_is_known(name: str, key: str) -> None:
    assert license_by_name(name) == key


@pytest.mark.parametrize(
    "name",
    [
        "",
        "see LICENSE",
        "MIT (except the parser, which is GPL)",
        "MIT (proprietary)",
        "MIT (GPLv3)",
        "MIT License (non-commercial)",
        "Apache License 2.0 (restricted)",
        "Proprietary (MIT)",
        "GPL 4",
        "BSD " * 60,
        "vv",
        "()",
    ],
)
def test_an_unknown_name_has_no_license(name: str) -> None:
    assert license_by_name(name) is None


def test_every_name_has_an_identifier_of_the_spdx_list_or_a_family() -> None:
    known = {*spdx_list().licenses.values()}
    assert {*NAMES.values()} <= {*known, *FAMILIES, PROPRIETARY}
    assert all(known.issuperset(members) for members in FAMILIES.values())


def test_every_family_has_a_name() -> None:
    assert FAMILIES.keys() <= {*NAMES.values()}
