"""Small stack files, and what Pulumi CLI 3.259.0 makes of the project's keys in each; None for a file that it refuses.

`tests/engine/test_stack_file.py` asks the engine again.
"""

# ruff: noqa: E501 - a value of a few lines is easier to compare in one

from __future__ import annotations

from typing import Any

CORPUS: dict[str, tuple[str | bytes, dict[str, Any] | None]] = {
    "config twice": (
        "config:\n  scheduled-jobs:tags: {a: b}\nconfig:\n  scheduled-jobs:iam: {}\n",
        None,
    ),
    "no config": (
        "confg: {}\n",
        {},
    ),
    "empty": (
        "",
        {},
    ),
    "only a comment": (
        "# a\n",
        {},
    ),
    "null": (
        "~\n",
        {},
    ),
    "only a mark": (
        "---\n",
        {},
    ),
    "a list": (
        "[config]\n",
        None,
    ),
    "a text": (
        "config\n",
        None,
    ),
    "config null": (
        "config: ~\n",
        {},
    ),
    "config empty text": (
        "config: ''\n",
        None,
    ),
    "config list": (
        "config: []\n",
        None,
    ),
    "config number": (
        "config: 1\n",
        None,
    ),
    "root key twice": (
        "a: 1\na: 2\n",
        None,
    ),
    "root key number": (
        "1: 2\nconfig: {}\n",
        None,
    ),
    "root key true": (
        "true: 2\nconfig: {}\n",
        None,
    ),
    "root key null": (
        "~: 2\nconfig: {}\n",
        None,
    ),
    "root key date": (
        "2026-01-01: 2\nconfig: {}\n",
        None,
    ),
    "root key quoted number": (
        "'1': 2\nconfig: {}\n",
        {},
    ),
    "config key number": (
        "config: {1: 2}\n",
        None,
    ),
    "config key quoted number": (
        "config: {'1': 2}\n",
        {"1": "2"},
    ),
    "config key true": (
        "config: {true: 2}\n",
        None,
    ),
    "config key list": (
        "config: {? [a] : b}\n",
        None,
    ),
    "no namespace": (
        "config: {tags: {a: b}}\n",
        {"tags": {"a": "b"}},
    ),
    "old form of a key": (
        "config: {'scheduled-jobs:config:tags': {a: b}}\n",
        {"tags": {"a": "b"}},
    ),
    "three parts": (
        "config: {'scheduled-jobs:a:tags': {a: b}}\n",
        None,
    ),
    "three parts of another": (
        "config: {'a:b:c': 1}\n",
        None,
    ),
    "environment": (
        "environment: [base]\nconfig: {}\n",
        None,
    ),
    "environment mapping": (
        "environment: {values: {}}\nconfig: {}\n",
        None,
    ),
    "environment empty": (
        "environment: []\nconfig: {}\n",
        {},
    ),
    "environment null": (
        "environment:\nconfig: {}\n",
        {},
    ),
    "version 1.1": (
        "%YAML 1.1\n---\nconfig: {tags: {a: b}}\n",
        {"tags": {"a": "b"}},
    ),
    "version 1.2": (
        "%YAML 1.2\n---\nconfig: {tags: {a: b}}\n",
        None,
    ),
    "second document": (
        "---\nconfig: {tags: {a: b}}\n---\nconfig: {}\n",
        {"tags": {"a": "b"}},
    ),
    "broken second document": (
        "config: {tags: {a: b}}\n...\nx: {\n",
        {"tags": {"a": "b"}},
    ),
    "byte order mark": (
        b"\xef\xbb\xbfconfig:\n  tags: {a: b}\n",
        {"tags": {"a": "b"}},
    ),
    "UTF-16": (
        b"\xff\xfec\x00o\x00n\x00f\x00i\x00g\x00:\x00\n\x00 \x00 \x00t\x00a\x00g\x00s\x00:\x00 \x00{\x00a\x00:\x00 \x00b\x00}\x00\n\x00",
        {"tags": {"a": "b"}},
    ),
    "not UTF-8": (
        b"config: {tags: {a: \xff}}\n",
        None,
    ),
    "control character": (
        "config: {tags: {a: '\x07'}}\n",
        None,
    ),
    "next line": (
        "config: {tags: {a: 'b\x85c'}}\n",
        {"tags": {"a": "b c"}},
    ),
    "merge": (
        "config:\n  scheduled-jobs:tags: {<<: {a: b, c: d}, a: e}\n",
        {"tags": {"a": "e", "c": "d"}},
    ),
    "merge list": (
        "config:\n  scheduled-jobs:tags: {<<: [{a: b}, {a: c, d: e}]}\n",
        {"tags": {"a": "b", "d": "e"}},
    ),
    "two merges": (
        "config:\n  scheduled-jobs:tags:\n    <<: {a: b}\n    <<: {c: d}\n",
        None,
    ),
    "quoted merge": (
        "config:\n  scheduled-jobs:tags: {'<<': {a: b}}\n",
        {"tags": {"a": "b"}},
    ),
    "plain and quoted merge": (
        "config:\n  scheduled-jobs:tags: {<<: {a: b}, '<<': {c: d}}\n",
        None,
    ),
    "tagged merge": (
        "config:\n  scheduled-jobs:tags: {!!str <<: {a: b}}\n",
        {"tags": {"a": "b"}},
    ),
    "nested merge": (
        "config:\n  scheduled-jobs:tags: {<<: {<<: {a: b}}}\n",
        {"tags": {"a": "b"}},
    ),
    "merge of text": (
        "config:\n  scheduled-jobs:tags: {<<: a}\n",
        None,
    ),
    "merge of nothing": (
        "config:\n  scheduled-jobs:tags: {<<: }\n",
        None,
    ),
    "empty merge": (
        "config:\n  scheduled-jobs:tags: {<<: []}\n",
        {"tags": {}},
    ),
    "quoted merge of a number": (
        "config:\n  scheduled-jobs:tags: {'<<': 3}\n",
        None,
    ),
    "merge under config": (
        "x: &x {scheduled-jobs:tags: {a: b}}\nconfig:\n  <<: *x\n  iam: {}\n",
        {"iam": {}, "tags": {"a": "b"}},
    ),
    "merge at the root": (
        "<<: {config: {tags: {a: b}}}\n",
        {"tags": {"a": "b"}},
    ),
    "merge as value": (
        "config:\n  scheduled-jobs:tags: {a: <<}\n",
        {"tags": {"a": "<<"}},
    ),
    "two merges under config": (
        "config:\n  <<: {tags: {a: b}}\n  <<: {iam: {}}\n",
        None,
    ),
    "anchor": (
        "config:\n  scheduled-jobs:tags: {a: &x b, c: *x}\n",
        {"tags": {"a": "b", "c": "b"}},
    ),
    "anchor twice": (
        "config:\n  scheduled-jobs:tags: {a: &x b, c: &x d, e: *x}\n",
        {"tags": {"a": "b", "c": "d", "e": "d"}},
    ),
    "anchor of itself": (
        "config:\n  scheduled-jobs:tags: &x {a: *x}\n",
        None,
    ),
    "no anchor": (
        "config:\n  scheduled-jobs:tags: {a: *x}\n",
        None,
    ),
    "alias as key": (
        "x: &x a\nconfig:\n  scheduled-jobs:tags: {*x : b}\n",
        {"tags": {"a": "b"}},
    ),
    "alias beside its key": (
        "x: &x a\nconfig:\n  scheduled-jobs:tags: {a: 1, *x : b}\n",
        {"tags": {"a": "b"}},
    ),
    "alias as key twice": (
        "x: &x a\nconfig:\n  scheduled-jobs:tags: {*x : 1, *x : b}\n",
        None,
    ),
    "key twice": (
        "config:\n  scheduled-jobs:tags: {a: 1, a: 2}\n",
        None,
    ),
    "key twice, quoted": (
        "config:\n  scheduled-jobs:tags: {a: 1, 'a': 2}\n",
        None,
    ),
    "number and text": (
        "config:\n  scheduled-jobs:tags: {1: a, '1': b}\n",
        None,
    ),
    "one number in two forms": (
        "config:\n  scheduled-jobs:tags: {16: a, 0x10: b}\n",
        {"tags": {"16": "b"}},
    ),
    "keys that are no text": (
        "config:\n  scheduled-jobs:tags: {1: a, true: b, ~: c, 1.5: d, 0x10: e, 1_001: f, 2026-01-01: g, 1e3: h, 1e6: i, 0.00001: j, -0.0: k, 18446744073709551615: l, 1e21: m, False: n}\n",
        {
            "tags": {
                "0": "k",
                "1": "a",
                "1.5": "d",
                "1000": "h",
                "1001": "f",
                "16": "e",
                "18446744073709551615": "l",
                "1e+06": "i",
                "1e+21": "m",
                "1e-05": "j",
                "2026-01-01 00:00:00 +0000 UTC": "g",
                "<nil>": "c",
                "false": "n",
                "true": "b",
            }
        },
    ),
    "nested keys that are no text": (
        "config:\n  scheduled-jobs:tags: {a: {1: {true: [{1.5: b}]}}}\n",
        {"tags": {"a": {"1": {"true": [{"1.5": "b"}]}}}},
    ),
    "key of a list": (
        "config:\n  scheduled-jobs:tags: {? [a] : b}\n",
        None,
    ),
    "key of a mapping": (
        "config:\n  scheduled-jobs:tags: {? {a: b} : c}\n",
        None,
    ),
    "explicit key": (
        "config:\n  scheduled-jobs:tags:\n    ? a\n    : b\n",
        {"tags": {"a": "b"}},
    ),
    "key alone": (
        "config:\n  scheduled-jobs:tags: {a, b}\n",
        {"tags": {"a": None, "b": None}},
    ),
    "text tag": (
        "config:\n  scheduled-jobs:tags: {a: !!str 7, b: !!str ~, c: !!str , d: !!str true, e: !!str 2026-01-01}\n",
        {"tags": {"a": "7", "b": "~", "c": "", "d": "true", "e": "2026-01-01"}},
    ),
    "number tags": (
        "config:\n  scheduled-jobs:tags: {a: !!int '7', b: !!float 3, c: !!int 0x10, d: !!float '1e3'}\n",
        {"tags": {"a": 7, "b": 3, "c": 16, "d": 1000}},
    ),
    "int tag of text": (
        "config:\n  scheduled-jobs:tags: {a: !!int x}\n",
        None,
    ),
    "int tag of a float": (
        "config:\n  scheduled-jobs:tags: {a: !!int 1.0}\n",
        None,
    ),
    "bool tag": (
        "config:\n  scheduled-jobs:tags: {a: !!bool 'true'}\n",
        {"tags": {"a": True}},
    ),
    "bool tag of yes": (
        "config:\n  scheduled-jobs:tags: {a: !!bool yes}\n",
        None,
    ),
    "null tag": (
        "config:\n  scheduled-jobs:tags: {a: !!null '', b: !!null }\n",
        {"tags": {"a": None, "b": None}},
    ),
    "null tag of text": (
        "config:\n  scheduled-jobs:tags: {a: !!null x}\n",
        None,
    ),
    "date tag": (
        "config:\n  scheduled-jobs:tags: {a: !!timestamp '2026-01-01'}\n",
        {"tags": {"a": "2026-01-01 00:00:00 +0000 UTC"}},
    ),
    "date tag of text": (
        "config:\n  scheduled-jobs:tags: {a: !!timestamp x}\n",
        None,
    ),
    "binary tag": (
        "config:\n  scheduled-jobs:tags: {a: !!binary aGk=}\n",
        {"tags": {"a": "hi"}},
    ),
    "binary tag of text": (
        "config:\n  scheduled-jobs:tags: {a: !!binary x}\n",
        None,
    ),
    "own tags": (
        "config:\n  scheduled-jobs:tags: {a: !x 7, b: !x {c: 1}, d: !x [1], e: !!foo 7, f: ! 7, g: !<x> 7}\n",
        {"tags": {"a": "7", "b": {"c": 1}, "d": [1], "e": "7", "f": 7, "g": "7"}},
    ),
    "tags of collections": (
        "config:\n  scheduled-jobs:tags: {a: !!set {b, c}, d: !!omap [e: f], g: !!str {h: i}}\n",
        {"tags": {"a": {"b": None, "c": None}, "d": [{"e": "f"}], "g": {"h": "i"}}},
    ),
    "tag of a key": (
        "config:\n  scheduled-jobs:tags: {!!str 1: a, !!int '2': b, !x 3: c}\n",
        {"tags": {"1": "a", "2": "b", "3": "c"}},
    ),
    "tag of a section": (
        "config:\n  scheduled-jobs:tags: !!map {a: b}\n",
        {"tags": {"a": "b"}},
    ),
    "tag before a comma": (
        "config:\n  scheduled-jobs:tags: {a: !x, b: c}\n",
        None,
    ),
    "number": (
        "config:\n  scheduled-jobs:tags: 5\n",
        {"tags": "5"},
    ),
    "true": (
        "config:\n  scheduled-jobs:tags: true\n",
        {"tags": "true"},
    ),
    "nothing": (
        "config:\n  scheduled-jobs:tags:\n",
        {"tags": ""},
    ),
    "bare text": (
        "config:\n  scheduled-jobs:tags: text\n",
        {"tags": "text"},
    ),
    "JSON in text": (
        "config:\n  scheduled-jobs:tags: '{\"a\": [1]}'\n",
        {"tags": {"a": [1]}},
    ),
    "half JSON in text": (
        "config:\n  scheduled-jobs:tags: '{a'\n",
        {"tags": "{a"},
    ),
    "octal": (
        "config:\n  scheduled-jobs:tags: 0777\n",
        {"tags": "511"},
    ),
    "exponent": (
        "config:\n  scheduled-jobs:tags: 1e3\n",
        {"tags": "1000"},
    ),
    "large": (
        "config:\n  scheduled-jobs:tags: 1e21\n",
        {"tags": "1e+21"},
    ),
    "small": (
        "config:\n  scheduled-jobs:tags: 1e-7\n",
        {"tags": "1e-7"},
    ),
    "fraction": (
        "config:\n  scheduled-jobs:tags: 0.10\n",
        {"tags": "0.1"},
    ),
    "unsigned": (
        "config:\n  scheduled-jobs:tags: 18446744073709551615\n",
        {"tags": "18446744073709551615"},
    ),
    "date": (
        "config:\n  scheduled-jobs:tags: 2026-01-01\n",
        {"tags": "2026-01-01 00:00:00 +0000 UTC"},
    ),
    "infinite": (
        "config:\n  scheduled-jobs:tags: .inf\n",
        None,
    ),
    "tagged number": (
        "config:\n  scheduled-jobs:tags: !!str 5\n",
        {"tags": "5"},
    ),
    "block text": (
        'config:\n  scheduled-jobs:tags: |\n    {"a": 1}\n',
        {"tags": {"a": 1}},
    ),
    "integers": (
        "config:\n  scheduled-jobs:tags: {a: 0o17, b: 017, c: 0x1F, d: 0b11, e: 09, f: 0_7, g: 1__0, h: _1, i: 1_, j: +1, k: -0x10, l: 0o8, m: 0x, n: +0b1, o: -017, p: 00, q: -0}\n",
        {
            "tags": {
                "a": 15,
                "b": 15,
                "c": 31,
                "d": 3,
                "e": 9,
                "f": 7,
                "g": 10,
                "h": "_1",
                "i": 1,
                "j": 1,
                "k": -16,
                "l": "0o8",
                "m": "0x",
                "n": 1,
                "o": -15,
                "p": 0,
                "q": 0,
            }
        },
    ),
    "large integers": (
        "config:\n  scheduled-jobs:tags: {a: 9223372036854775807, b: 9223372036854775808, c: 18446744073709551615, d: 18446744073709551616, e: -9223372036854775808, f: -9223372036854775809, g: 0xFFFFFFFFFFFFFFFF, h: 0x10000000000000000}\n",
        {
            "tags": {
                "a": 9223372036854775807,
                "b": 9223372036854776000,
                "c": 18446744073709552000,
                "d": 18446744073709552000,
                "e": -9223372036854775808,
                "f": -9223372036854776000,
                "g": 18446744073709552000,
                "h": "0x10000000000000000",
            }
        },
    ),
    "floats": (
        "config:\n  scheduled-jobs:tags: {a: .5, b: 5., c: 1e3, d: 1E-3, e: 1.e3, f: +1.5, g: 0.1e+5, h: ., i: -., j: 1e, k: 0x1p3, l: 1_0e3, m: 1e1_0, n: 1_000.5, o: .5_5, p: 12e03, q: 1.0, r: -0.0, s: 1e20, t: 1e21}\n",
        {
            "tags": {
                "a": 0.5,
                "b": 5,
                "c": 1000,
                "d": 0.001,
                "e": 1000,
                "f": 1.5,
                "g": 10000,
                "h": ".",
                "i": "-.",
                "j": "1e",
                "k": "0x1p3",
                "l": 10000,
                "m": 10000000000,
                "n": 1000.5,
                "o": 0.55,
                "p": 12000,
                "q": 1,
                "r": 0,
                "s": 100000000000000000000,
                "t": 1e21,
            }
        },
    ),
    "infinite within": (
        "config:\n  scheduled-jobs:tags: {a: .inf}\n",
        None,
    ),
    "no number": (
        "config:\n  scheduled-jobs:tags: {a: .nan}\n",
        None,
    ),
    "too large": (
        "config:\n  scheduled-jobs:tags: {a: 1e400}\n",
        {"tags": {"a": "1e400"}},
    ),
    "words": (
        "config:\n  scheduled-jobs:tags: {a: yes, b: On, c: y, d: NO, e: off, f: TRUE, g: tRUE, h: Null, i: nULL, j: '~', k: =, l: 190:20:30}\n",
        {
            "tags": {
                "a": "yes",
                "b": "On",
                "c": "y",
                "d": "NO",
                "e": "off",
                "f": True,
                "g": "tRUE",
                "h": None,
                "i": "nULL",
                "j": "~",
                "k": "=",
                "l": "190:20:30",
            }
        },
    ),
    "dates": (
        "config:\n  scheduled-jobs:tags: {a: 2026-1-2, b: 2026-01-02T03:04:05Z, c: 2026-01-02 03:04:05, d: 2026-01-02t03:04:05.123456789123Z, e: 2026-01-02T03:04Z, f: 2026-01-02 3:4:5, g: 2026-01-02T03:04:05+0200, h: 2026-01-02T03:04:05+02:00, i: 2026-02-30, j: 2026-01-02T03:04:05+99:00, k: 2026-01-02 03:04:05Z, l: 2026-01-02 24:00:00}\n",
        {
            "tags": {
                "a": "2026-01-02 00:00:00 +0000 UTC",
                "b": "2026-01-02 03:04:05 +0000 UTC",
                "c": "2026-01-02 03:04:05 +0000 UTC",
                "d": "2026-01-02 03:04:05.123456789 +0000 UTC",
                "e": "2026-01-02T03:04Z",
                "f": "2026-01-02 03:04:05 +0000 UTC",
                "g": "2026-01-02T03:04:05+0200",
                "h": "2026-01-02 03:04:05 +0200 +0200",
                "i": "2026-02-30",
                "j": "2026-01-02T03:04:05+99:00",
                "k": "2026-01-02 03:04:05Z",
                "l": "2026-01-02 24:00:00",
            }
        },
    ),
    "tab after a colon": (
        "config:\n  scheduled-jobs:tags:\n    a:\tb\n",
        {"tags": {"a": "b"}},
    ),
    "tab before a mapping": (
        "config:\n  scheduled-jobs:tags:\t{a: b}\n",
        {"tags": {"a": "b"}},
    ),
    "tabs within a mapping": (
        "config:\n  scheduled-jobs:tags: {\ta:\tb\t,\tc: d\t}\n",
        {"tags": {"a": "b", "c": "d"}},
    ),
    "tab at the end": (
        "config:\n  scheduled-jobs:tags:\n    a: b\t\n    c: d\n",
        {"tags": {"a": "b", "c": "d"}},
    ),
    "tab before a comment": (
        "config:\n  scheduled-jobs:tags:\n    a: b\t# c\n",
        {"tags": {"a": "b"}},
    ),
    "tab within text": (
        "config:\n  scheduled-jobs:tags:\n    a: b\tc\n",
        {"tags": {"a": "b\tc"}},
    ),
    "tab in a continued line": (
        "config:\n  scheduled-jobs:tags:\n    a: b\n     \tc\n",
        {"tags": {"a": "b c"}},
    ),
    "tab that indents": (
        "config:\n\ttags: {}\n",
        None,
    ),
    "tab that indents further": (
        "config:\n  scheduled-jobs:tags:\n  \ta: b\n",
        None,
    ),
    "tab after a dash": (
        "config:\n  scheduled-jobs:tags:\n    -\ta\n",
        None,
    ),
    "escapes": (
        'config:\n  scheduled-jobs:tags: {a: "\\x41\\u00e9\\U0001F600\\e\\0\\N\\_\\L\\P\\t"}\n',
        {"tags": {"a": "Aé😀\x1b\x00\x85\xa0\u2028\u2029\t"}},
    ),
    "escaped slash": (
        'config:\n  scheduled-jobs:tags: {a: "\\/"}\n',
        None,
    ),
    "unknown escape": (
        'config:\n  scheduled-jobs:tags: {a: "\\q"}\n',
        None,
    ),
    "beyond Unicode": (
        'config:\n  scheduled-jobs:tags: {a: "\\U00110000"}\n',
        None,
    ),
    "far beyond Unicode": (
        'config:\n  scheduled-jobs:tags: {a: "\\UFFFFFFFF"}\n',
        None,
    ),
    "half of a pair": (
        'config:\n  scheduled-jobs:tags: {a: "\\ud800"}\n',
        None,
    ),
    "two quotes": (
        "config:\n  scheduled-jobs:tags: {a: 'it''s'}\n",
        {"tags": {"a": "it's"}},
    ),
    "text after a quote": (
        "config:\n  scheduled-jobs:tags: {a: 'b'c}\n",
        None,
    ),
    "open quote": (
        "config:\n  scheduled-jobs:tags:\n    a: 'b\n",
        None,
    ),
    "address": (
        "config:\n  scheduled-jobs:tags: {a: http://x/y?z=1}\n",
        None,
    ),
    "colon without a space": (
        "config:\n  scheduled-jobs:tags: {a:b}\n",
        {"tags": {"a:b": None}},
    ),
    "hash within": (
        "config:\n  scheduled-jobs:tags:\n    a: b#c\n",
        {"tags": {"a": "b#c"}},
    ),
    "at sign": (
        "config:\n  scheduled-jobs:tags: {a: @b}\n",
        None,
    ),
    "percent": (
        "config:\n  scheduled-jobs:tags: {a: %b}\n",
        None,
    ),
    "star first": (
        "config:\n  scheduled-jobs:tags: {a: * b}\n",
        None,
    ),
    "question mark in a mapping": (
        "config:\n  scheduled-jobs:tags: {a: 0 2 * * ? *}\n",
        None,
    ),
    "question mark in a block": (
        "config:\n  scheduled-jobs:tags:\n    a: 0 2 * * ? *\n",
        {"tags": {"a": "0 2 * * ? *"}},
    ),
    "two colons": (
        "config:\n  scheduled-jobs:tags:\n    a: b: c\n",
        None,
    ),
    "literal": (
        "config:\n  scheduled-jobs:tags:\n    a: |\n      b\n      c\n",
        {"tags": {"a": "b\nc\n"}},
    ),
    "folded": (
        "config:\n  scheduled-jobs:tags:\n    a: >-\n      b\n      c\n",
        {"tags": {"a": "b c"}},
    ),
    "literal with an indicator": (
        "config:\n  scheduled-jobs:tags:\n    a: |2\n      b\n",
        {"tags": {"a": "b\n"}},
    ),
    "two lines": (
        "config:\n  scheduled-jobs:tags:\n    a: b\n      c\n",
        {"tags": {"a": "b c"}},
    ),
    "list without indentation": (
        "config:\n  scheduled-jobs:tags:\n    a:\n    - b\n    - c\n",
        {"tags": {"a": ["b", "c"]}},
    ),
    "indented less": (
        "config:\n  scheduled-jobs:tags:\n    a: b\n   c: d\n",
        None,
    ),
    "indented more": (
        "config:\n  scheduled-jobs:tags:\n   a: b\n    c: d\n",
        None,
    ),
    "open brace": (
        "config:\n  scheduled-jobs:tags: {a: b\n",
        None,
    ),
    "closed twice": (
        "config:\n  scheduled-jobs:tags: {a: b}}\n",
        None,
    ),
    "comma first": (
        "config:\n  scheduled-jobs:tags: {, a: b}\n",
        None,
    ),
    "comma last": (
        "config:\n  scheduled-jobs:tags: {a: b, }\n",
        {"tags": {"a": "b"}},
    ),
    "two commas": (
        "config:\n  scheduled-jobs:tags: [a, , b]\n",
        None,
    ),
}
