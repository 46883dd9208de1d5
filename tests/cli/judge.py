# SPDX-License-Identifier: Apache-2.0
"""usage: PYTHONPATH=$MX_JUDGES python3 judge.py cyclonedx|spdx FILE...

Whether bills of materials are what their format's own program takes: says what is wrong, and how many are valid.
"""
import sys


def cyclonedx(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    with open(path, encoding="utf-8") as file:
        error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
    return [] if error is None else [str(error)]


def spdx(path):
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    return [m.validation_message for m in validate_full_spdx_document(parse_file(path))]


valid = 0
for path in sys.argv[2:]:
    try:
        problems = {"cyclonedx": cyclonedx, "spdx": spdx}[sys.argv[1]](path)
    except Exception as error:  # what cannot even be parsed
        problems = [str(error)]
    for problem in problems:
        print(f"{path}: {problem}", file=sys.stderr)
    valid += not problems
print(f"{sys.argv[1]}: {valid} of {len(sys.argv) - 2} are valid")
