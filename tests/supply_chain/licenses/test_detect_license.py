"""The cases are the license fields of real distributions, also the difficult ones."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from evenfall.supply_chain.licenses.detect_license import detect_license, needs_license_file
from evenfall.supply_chain.licenses.license_evidence import DetectedLicense
from evenfall.supply_chain.metadata.package_metadata import parse_metadata

OSI = "Classifier: License :: OSI Approved ::"


def detect(header: str) -> DetectedLicense:
    return detect_license(parse_metadata(f"Metadata-Version: 2.1\nName: x\nVersion: 1\n{header}".encode()))


@pytest.mark.parametrize(
    ("header", "expression", "source"),
    [
        pytest.param(
            f"License: Artistic License\n{OSI} Artistic License\n{OSI} GNU General Public License (GPL)\n"
            f"{OSI} GNU General Public License v2 or later (GPLv2+)",
            "LicenseRef-any-Artistic AND GPL-2.0-or-later",
            "alias, classifiers",
            id="text-unidecode 1.3",
        ),
        pytest.param(
            f"Classifier: License :: Public Domain\n{OSI} Python Software Foundation License\n{OSI} BSD License\n"
            f"{OSI} GNU General Public License (GPL)",
            "LicenseRef-any-public-domain AND LicenseRef-any-PSF AND LicenseRef-any-BSD AND LicenseRef-any-GPL",
            "classifiers",
            id="several classifiers",
        ),
        pytest.param(
            f"License: BSD or Apache License, Version 2.0\n{OSI} Apache Software License\n{OSI} BSD License",
            "LicenseRef-any-BSD OR Apache-2.0",
            "alias",
            id="cryptography 3.2",
        ),
        pytest.param(f"License: Expat license\n{OSI} MIT License", "MIT", "alias", id="mccabe 0.7.0"),
        pytest.param("License: SIP", "LicenseRef-SIP", "text", id="pyqt5-sip 12.9"),
        pytest.param(
            "License: NVIDIA Proprietary Software\nClassifier: License :: Other/Proprietary License",
            "LicenseRef-NVIDIA-Proprietary-Software",
            "text",
            id="nvidia-cublas-cu12: the text names the vendor",
        ),
        pytest.param(
            f"License: OSI Approved :: MIT License\n{OSI} MIT License", "MIT", "alias", id="a classifier as text"
        ),
        pytest.param("License: BSD-2-Clause", "BSD-2-Clause", "License", id="pyqt5-sip 12.20"),
        pytest.param("License: GPL v3", "GPL-3.0-only", "alias", id="pyqt5 5.15.11"),
        pytest.param(
            f"License: LGPL with exceptions\n{OSI} GNU Library or Lesser General Public License (LGPL)",
            "LicenseRef-any-LGPL",
            "classifiers",
            id="psycopg2-binary 2.9.13",
        ),
        pytest.param(
            f"License: GPL\n{OSI} GNU General Public License v2 or later (GPLv2+)",
            "GPL-2.0-or-later",
            "classifiers",
            id="unidecode 1.4.0: the classifier is more exact",
        ),
        pytest.param(
            f"License: Dual License\n{OSI} BSD License\n{OSI} Apache Software License",
            "LicenseRef-any-BSD OR Apache-2.0",
            "classifiers",
            id="python-dateutil 2.9: License says that there is a choice",
        ),
        pytest.param(
            f"License: BSD 3-Clause License\n\tCopyright (c) 2021\n        |Redistribution and use\n{OSI} BSD License",
            "BSD-3-Clause",
            "alias",
            id="contourpy 1.3.3: a license text with a title",
        ),
        pytest.param(
            f"License: Copyright (c) 2015, the project\n        All rights reserved.\n{OSI} BSD License",
            "LicenseRef-any-BSD",
            "classifiers",
            id="cycler 0.12.1: a license text without a title",
        ),
        pytest.param(
            "License-Expression: Apache-2.0 OR BSD-2-Clause",
            "Apache-2.0 OR BSD-2-Clause",
            "License-Expression",
            id="packaging 26",
        ),
        pytest.param(
            f"License: Apache-2.0 AND CC0-1.0 AND GPL-3.0-or-later\n{OSI} Apache Software License",
            "Apache-2.0 AND CC0-1.0 AND GPL-3.0-or-later",
            "License",
            id="reuse 6.2.0",
        ),
        pytest.param("License: https://opensource.org/licenses/MIT", "MIT", "alias", id="the page of a license"),
        pytest.param(
            "License: https://www.opensource.org/licenses/mit-license.php",
            "MIT",
            "alias",
            id="an old page of a license",
        ),
        pytest.param("License: MIT, Apache-2.0", "MIT AND Apache-2.0", "alias", id="a list says nothing of a choice"),
        pytest.param(
            f"License: UNKNOWN\n{OSI} MIT License", "MIT", "classifiers", id="UNKNOWN, as old setuptools wrote it"
        ),
    ],
)
def test_the_license_of_a_real_distribution_is_detected(header: str, expression: str, source: str) -> None:
    found = detect(header)
    assert (str(found.expression), found.field) == (expression, source)


BODY = "Permission is hereby granted, free of charge, to any person"


@pytest.mark.parametrize(
    ("header", "expression"),
    [
        ("License-Expression: BSD-2-Clause AND BSD-3-Clause", "BSD-2-Clause AND BSD-3-Clause"),
        ("License-Expression: MIT AND LicenseRef-scancode-public-domain", "MIT AND LicenseRef-scancode-public-domain"),
        ("License-Expression: mit or apache-2.0", "MIT OR Apache-2.0"),
        ("License: GPL-2.0+", "GPL-2.0-or-later"),
        ("License: CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"),
        ("License: EUPL v1.2", "EUPL-1.2"),
        ("License: GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        (f"License: LGPL\n{OSI} GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
        (f"License: MIT License\n        \f\n        Copyright (c) 2020 Someone\n        \n        {BODY}", "MIT"),
        ("License: MIT License\n\nCopyright (c) x", "MIT"),
        (f"License: Copyright (c) 2020 Someone\n        \n        {BODY}", "None"),
        (f"License: See LICENSE\n{OSI} MIT License", "MIT"),
        (
            "License: Proprietary\nClassifier: License :: Other/Proprietary License",
            "LicenseRef-Other-Proprietary-License",
        ),
    ],
)
def test_every_way_to_state_a_license_is_understood(header: str, expression: str) -> None:
    assert str(detect(header).expression) == expression


def test_several_classifiers_apply_together() -> None:
    found = detect(f"{OSI} MIT License\n{OSI} Mozilla Public License 2.0 (MPL 2.0)")
    assert str(found.expression) == "MIT AND MPL-2.0"
    assert found.evidence == "Classifier: MIT License, Mozilla Public License 2.0 (MPL 2.0)"


def test_a_classifier_of_a_family_adds_nothing_to_one_of_its_members() -> None:
    found = detect(f"{OSI} GNU General Public License (GPL)\n{OSI} GNU General Public License v3 (GPLv3)")
    assert str(found.expression) == "GPL-3.0-only"


def test_a_classifier_that_names_no_license_becomes_a_license_reference() -> None:
    found = detect(f"{OSI} MIT License\nClassifier: License :: Other/Proprietary License")
    assert str(found.expression) == "MIT AND LicenseRef-Other-Proprietary-License"


def test_a_classifier_of_an_approval_is_ignored() -> None:
    found = detect("Classifier: License :: OSI Approved\nClassifier: License :: DFSG approved")
    assert (found.expression, found.field, found.evidence) == (None, "none", "its metadata names no license")


def test_a_license_file_alone_is_an_unknown_license_with_the_file_as_evidence() -> None:
    found = detect("License-File: LICENSE\nLicense-File: NOTICE")
    assert (found.expression, found.evidence) == (None, "its metadata names no license but a file: LICENSE, NOTICE")


def test_a_text_that_names_no_license_becomes_a_license_reference_that_a_policy_can_accept() -> None:
    assert (
        detect("License: BSD-derived (http://x.example/LICENSE.txt)").expression
        == "LicenseRef-BSD-derived-http-x.example-LICENSE.txt"
    )
    for nothing in ("License: See the LICENSE file for details.", "License: LICENSE.txt", "License: ???", "License: é"):
        assert detect(nothing).expression is None


MIT = "MIT License\n\nCopyright (c) 2020 Bo\n\nPermission is hereby granted, free of charge"
APACHE = "\n   Apache License\n   Version 2.0, January 2004\n   http://www.apache.org/licenses/\n\n   TERMS AND CONDITIONS FOR USE"
GPL = "      GNU GENERAL PUBLIC LICENSE\n      Version 3, 29 June 2007\n\n Everyone is permitted to copy"
UNTITLED = "Copyright (c) 2020 Bo\n\nRedistribution and use in source and binary forms"


def detect_in_files(*texts: str, header: str = "") -> DetectedLicense:
    metadata = parse_metadata(f"Name: x\nVersion: 1\n{header}".encode())
    files = tuple((f"licenses/LICENSE.{number}", text) for number, text in enumerate(texts))
    return detect_license(replace(metadata, license_texts=files))


@pytest.mark.parametrize(
    ("texts", "expression"),
    [
        ((MIT,), "MIT"),
        ((APACHE,), "Apache-2.0"),
        ((GPL,), "GPL-3.0-only"),
        ((MIT, APACHE), "MIT AND Apache-2.0"),
        ((MIT + "\n\n# BSD 3-Clause License\n\nfor the parser",), "MIT AND BSD-3-Clause"),
        ((UNTITLED,), "None"),
        ((MIT, UNTITLED), "None"),
        ((MIT + "\nNo military use.",), "None"),
        (("MIT License",), "None"),
        (("",), "None"),
        ((), "None"),
    ],
)
def test_the_titles_of_license_files_count_if_no_field_names_a_license(texts: tuple[str, ...], expression: str) -> None:
    assert str(detect_in_files(*texts).expression) == expression
    assert str(detect_in_files(*texts, header="License: See LICENSE").expression) == expression
    assert detect_in_files(*texts, header="License: Odd").expression == "LicenseRef-Odd"
    assert detect_in_files(*texts, header="License: ISC").expression == "ISC"


def test_the_first_line_of_a_license_file_is_evidence() -> None:
    assert detect_in_files(MIT).evidence == "LICENSE.0: MIT License"
    assert detect_in_files(UNTITLED).evidence.endswith("LICENSE.0: Redistribution and use in source and binary forms")
    assert detect_in_files("Copyright (c) Bo").evidence.endswith("LICENSE.0: Copyright (c) Bo")
    assert not needs_license_file(parse_metadata(b"Name: x\nLicense: MIT"))
    for header in ("License: Odd terms", "License-Expression: LicenseRef-Odd"):
        assert needs_license_file(parse_metadata(f"Name: x\n{header}".encode()))
        assert detect_in_files("Odd terms of Odd Inc.", header=header).evidence.endswith(
            "LICENSE.0: Odd terms of Odd Inc."
        )


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("MIT\n        AND\n        GPL-3.0-only", "MIT AND GPL-3.0-only"),
        ("MIT\n        or Apache License 2.0", "MIT OR Apache-2.0"),
        ("Apache-2.0\n        Parts are under GPL-3.0", "None"),
        ("MIT License\n        Copyright (c) 2020 Bo", "MIT"),
        ("Copyright (c) 2020 Bo\n        All rights reserved.\n        MIT License", "MIT"),
        ("MIT\n        The plugins are under GPL-3.0-only, copyright 2020 Ann", "None"),
        ("MIT\n        Copyright 2020 Bo, except the plugins: GPL-3.0-only", "None"),
        ("BSD\n        copyright\n        GPL", "None"),
        ("MIT\n        (c) 2020 Bo - plugins CC-BY-NC-4.0", "None"),
        ("MIT\n        © 2020 Bo; the plugins: SSPL-1.0", "None"),
        ("MIT\n        Copyright 2020 Bo; commercial use is forbidden", "None"),
        ("MIT\n        Copyright 2020 Bo, GPL", "None"),
        ("MIT\n        Copyright (c) 2015 Foo and individual contributors.", "MIT"),
        ("MIT\n        Copyright (c) Python Software Foundation", "MIT"),
        ("MIT\n        Copyright (c) 2020 山田太郎", "MIT"),
        ("MIT\n        Copyright Amazon.com, Inc. or its affiliates.", "MIT"),
        pytest.param(f"MIT\n        Copyright {'a' * 500_000}", "None", id="long"),
        (
            "MIT\n        Copyright © 2019-2024, Bo van Cy <bo@example.org> and contributors. All rights reserved.",
            "MIT",
        ),
        (
            "Mozilla Public License Version 2.0\n        =====\n        Each Contributor hereby grants You a licence",
            "MPL-2.0",
        ),
        ("MIT License\n\n        Permission is hereby granted, free of charge", "MIT"),
        ("MIT License\n        Permission is hereby granted for non-commercial use", "None"),
    ],
)
def test_all_lines_are_read_except_copyright_notices_and_license_texts(text: str, expression: str) -> None:
    assert str(detect(f"License: {text}").expression) == expression


@pytest.mark.parametrize(
    ("header", "expression"),
    [
        (f"License: MIT License\n{OSI} GNU General Public License v3 or later (GPLv3+)", "MIT AND GPL-3.0-or-later"),
        (f"License: GPL v3\n{OSI} MIT License", "GPL-3.0-only AND MIT"),
        (f"License: BSD\n{OSI} GNU Affero General Public License v3", "LicenseRef-any-BSD AND AGPL-3.0-only"),
        (f"License: BSD\n{OSI} MIT License", "LicenseRef-any-BSD AND MIT"),
        (f"License: MIT License\n{OSI} MIT License\n{OSI} Academic Free License (AFL)", "MIT AND LicenseRef-any-AFL"),
        (f"License: MIT OR Zlib\n{OSI} MIT License\n{OSI} BSD License", "(MIT OR Zlib) AND LicenseRef-any-BSD"),
        (f"License-Expression: MIT\n{OSI} GNU General Public License v3 (GPLv3)", "MIT AND GPL-3.0-only"),
        ("License-Expression: MIT\nLicense: AGPL-3.0-only OR Zlib", "MIT AND (AGPL-3.0-only OR Zlib)"),
        (f"License: Proprietary\n{OSI} MIT License", "LicenseRef-Other-Proprietary-License AND MIT"),
        (f"License: MIT, except the plugins (GPL v3)\n{OSI} MIT License", "MIT AND GPL-3.0-only"),
        (f"License: Odd License 2.0\n{OSI} MIT License", "LicenseRef-Odd-License-2.0 AND MIT"),
        (f"License: MIT with Commons Clause\n{OSI} MIT License", "LicenseRef-MIT-with-Commons-Clause AND MIT"),
        ("License-Expression: MIT\nLicense: MIT for evaluation", "MIT AND LicenseRef-MIT-for-evaluation"),
    ],
)
def test_fields_that_contradict_each_other_apply_together_and_are_quoted(header: str, expression: str) -> None:
    found = detect(header)
    assert str(found.expression) == expression
    values = {line.rpartition(": ")[2] for line in header.splitlines()}
    assert all(value in found.evidence for value in values)
    assert found.field.count(", ") == 1


@pytest.mark.parametrize(
    ("header", "expression", "field"),
    [
        (f"License: BSD or MIT\n{OSI} BSD License", "LicenseRef-any-BSD OR MIT", "alias"),
        (f"License: BSD-3-Clause\n{OSI} BSD License", "BSD-3-Clause", "License"),
        (
            f"License: GPL or MIT\n{OSI} MIT License\n{OSI} GNU General Public License v2 (GPLv2)",
            "GPL-2.0-only OR MIT",
            "classifiers",
        ),
        (f"License: 0BSD\n{OSI} BSD License", "0BSD", "License"),
        (f"License: BSD\n{OSI} Zero-Clause BSD (0BSD)", "0BSD", "classifiers"),
        (
            f"License: LGPL with exceptions\n{OSI} GNU Library or Lesser General Public License (LGPL)",
            "LicenseRef-any-LGPL",
            "classifiers",
        ),
        ("License-Expression: MIT\nLicense: all rights reserved", "MIT", "License-Expression"),
        (f"License: https://example.org/MIT.txt\n{OSI} MIT License", "MIT", "classifiers"),
        (f"License: dual licensed\n{OSI} MIT License", "MIT", "classifiers"),
        (f"License: Copyright 2020 Bo\n{OSI} MIT License", "MIT", "classifiers"),
        (f"License-Expression: MIT OR Apache-2.0\n{OSI} MIT License", "MIT OR Apache-2.0", "License-Expression"),
    ],
)
def test_a_field_that_states_less_than_another_one_adds_nothing(header: str, expression: str, field: str) -> None:
    found = detect(header)
    assert (str(found.expression), found.field) == (expression, field)


def test_an_invalid_license_expression_is_an_unknown_license() -> None:
    found = detect(f"License-Expression: Do what you like\nLicense: MIT\n{OSI} MIT License")
    assert (found.expression, found.field) == (None, "License-Expression")


def test_the_evidence_is_one_short_line() -> None:
    found = detect("License: " + "\n        ".join(["the sole right of whom it concerns"] * 50))
    assert found.expression is None
    assert found.evidence.startswith("License: the sole right of whom it concerns the sole right")
    assert found.evidence.endswith("…")
    assert len(found.evidence) < 140


def test_the_gpl_of_docutils_does_not_count_because_it_applies_to_a_file_that_no_wheel_has() -> None:
    classifiers = f"Classifier: License :: Public Domain\n{OSI} BSD License\n{OSI} GNU General Public License (GPL)"
    docutils = detect_license(
        parse_metadata(f"Metadata-Version: 2.4\nName: Docutils\nVersion: 0.23\n{classifiers}".encode())
    )
    assert docutils.expression == "LicenseRef-any-public-domain AND LicenseRef-any-BSD"
    assert "Emacs" in docutils.evidence
    assert detect(classifiers).expression == f"{docutils.expression} AND LicenseRef-any-GPL"
