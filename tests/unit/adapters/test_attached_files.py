from hashlib import sha256
from pathlib import Path

import pytest

from common.adapters.flow_files import BadFile, Bundle, load
from common.domain.attachment import MOST_BYTES

CONTENT = "kind: content\nid: offer\nname: Offer\nsubject: Offer\nhtml: <p>Hi</p>\nattachments:\n"


def loaded(folder: Path, *attachments: str) -> Bundle:
    file = folder / "offer.yaml"
    file.write_text(CONTENT + "".join(f"  - {each}\n" for each in attachments))
    return load(file)


def mistakes(folder: Path, *attachments: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        loaded(folder, *attachments)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_file_beside_the_document_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "prices.pdf").write_bytes(b"12")
    bundle = loaded(tmp_path, "{path: files/prices.pdf}", "{path: files/prices.pdf, name: P, type: a/b}")
    first, second = bundle.contents["offer"].attachments
    assert (first.name, first.type) == ("prices.pdf", "application/pdf")
    assert (second.name, second.type) == ("P", "a/b")
    ((stand_in, file),) = bundle.files.items()
    assert stand_in == first.file == second.file == sha256(b"12").hexdigest()[:32]
    assert (file.size, file.path.read_bytes()) == (2, b"12")


def test_uploaded_files_are_left_as_they_are(tmp_path: Path) -> None:
    bundle = loaded(tmp_path, f"{{file: {'a' * 32}, name: a.txt}}")
    assert (bundle.contents["offer"].attachments[0].file, bundle.files) == ("a" * 32, {})


def test_a_file_of_no_known_type_is_just_bytes(tmp_path: Path) -> None:
    (tmp_path / "some.thing-else").write_bytes(b"")
    (only,) = loaded(tmp_path, "{path: some.thing-else}").contents["offer"].attachments
    assert only.type == "application/octet-stream"


def test_what_keeps_a_file_out_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "is-there.txt").write_bytes(b"1")
    found = mistakes(
        tmp_path,
        "{path: gone.pdf}",
        "{path: .}",
        "{path: /etc/hostname}",
        "{path: 7}",
        f"{{path: is-there.txt, file: {'a' * 32}}}",
        "{path: is-there.txt, nmae: a}",
    )
    assert [each.partition(": ")[0] for each in found] == [f"offer.yaml:{line}" for line in range(7, 13)]
    words = (
        "no file 'gone.pdf' in",
        "no file '.'",
        "as seen from this file",
        "path of a file",
        "beside `file`",
    )
    for mistake, part in zip(found, words, strict=False):
        assert "attachments[" in mistake
        assert part in mistake
    assert "attachments[5].nmae is not a field here" in found[5]


def test_more_than_a_mail_may_carry_is_told_before_anything_is_read(tmp_path: Path) -> None:
    for name, size in (("huge.bin", MOST_BYTES + 1), ("half.bin", MOST_BYTES // 2 + 1)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    assert mistakes(tmp_path, "{path: huge.bin}") == [
        "offer.yaml:7: attachments[0].path 'huge.bin' has 25.0 MB; a mail may carry 25 MB"
    ]
    assert mistakes(tmp_path, "{path: half.bin}", "{path: half.bin}") == [
        "offer.yaml:6: attachments are 25.0 MB together; a mail may carry 25 MB"
    ]
