"""Vertices of outlines: columns by their names, never by their places."""

# SPDX-License-Identifier: BSD-3-Clause

import io

import numpy as np
import pandas as pd
import pytest

from sknac.cohort._table_vertices import read_vertices
from sknac.exceptions import SknacFormatError

PIXELS = ("row", "column")


@pytest.fixture
def read(tmp_path):
    def read(content, names=PIXELS):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "core.csv").write_bytes(data)
        return read_vertices(tmp_path / "core.csv", names, "px_bmode")

    return read


@pytest.mark.parametrize(
    "content",
    [
        "row,column\n1,2\n3,4.5\n",
        "column,row\n2,1\n4.5,3\n",
        "\ufeffrow,column\r\n1,2\r\n\r\n3, 4.5\r\n",
        "row,column\r1,2\r3,4.5\r",
        ",row,column\n0,1,2\n1,3,4.5\n",
        "row,label,column\n1,tumour,2\n3,tumour,4.5\n",
        'row,column\n"1",2,\n3,45e-1,,\n',
    ],
)
def test_columns_are_found_by_their_names(read, content):
    assert read(content).tolist() == [[1, 2], [3, 4.5]]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("row,column\n0,1,2\n1,3,4\n", "line 2 has 3 fields, the header 2; name"),
        ("row,column\n1,2\n\n1,3,4\n", "line 4 has 3 fields, the header 2; name"),
        ("row,column\n1,2\n1\n", "line 3 has 1 fields, the header 2; name"),
        ("row,column\n0;1,2;5\n", "must be a table of vertices: Unable to parse"),
        ("row,column,row\n1,2,3\n", "has two columns row; keep one of them"),
        ("row,column\n1_0,2\n", "must be a table of vertices: Unable to parse"),
        ("row\tcolumn\n1\t2\n", "must have columns ['row', 'column'], got ['row\\t"),
        ("row,column\n1,2\n".encode("utf-16"), "must be a table of vertices: 'utf-8"),
        (b"row,column\n1,\0\n", "must be a table of vertices: "),
        ("\n , \n", "must be a table of vertices, got none"),
    ],
)
def test_what_could_be_read_shifted_is_refused(read, content, cause):
    with pytest.raises(SknacFormatError, match=r"core\.csv") as caught:
        read(content)
    assert cause in caught.value.cause


def test_numbers_are_those_that_pandas_reads_to_the_last_digit(read):
    # Digests of outlines, under which maps are stored, rest on every bit.
    rng = np.random.default_rng(0)
    texts = [
        [repr(x) for x in pair] for pair in rng.uniform(-900, 900, (300, 2)).tolist()
    ]
    content = "\n".join(["row,column", *map(",".join, texts)])
    expected = pd.read_csv(io.StringIO(content)).to_numpy()
    assert not np.array_equal(expected, np.array(texts, float))  # rounded otherwise
    np.testing.assert_array_equal(read(content), expected)
