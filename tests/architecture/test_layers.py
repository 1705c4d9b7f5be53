"""Who may import whom: the contracts of pyproject.toml, asked by the tests too."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_the_layers_hold(capsys):
    assert lint_imports() == EXIT_STATUS_SUCCESS, capsys.readouterr().out
