"""Whatever is written as merge tags, and whatever a contact's fields hold: filled or refused, soon and in little
memory."""

import tracemalloc
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.exceptions import LiquidError

from common.adapters.mail.linting import lint
from common.adapters.mail.merge_tags import HTML, OUTPUT_LIMIT, TEXT, words_of
from common.adapters.mail.rendering import compile_content
from common.adapters.mail.texts import lint_text
from common.domain.content import EmailContent
from common.ports import Unsendable

HUGE = "(1..300000000)"
HOSTILE = {
    "a range joined": f"{{{{ {HUGE} | join: '' }}}}",
    "a range turned round": f"{{{{ {HUGE} | reverse | first }}}}",
    "a range summed up": f"{{{{ {HUGE} | sum }}}}",
    "a range searched": f"{{% if {HUGE} contains 'x' %}}x{{% endif %}}",
    "a loop from behind": f"{{% for i in {HUGE} reversed limit: 3 %}}x{{% endfor %}}",
    "a loop from far off": f"{{% for i in {HUGE} offset: 299999990 %}}x{{% endfor %}}",
    "a list that doubles": "{% assign a = 'a,b' | split: ',' %}" + "{% assign a = a | concat: a %}" * 40,
    "texts taken apart": "{% for i in (1..10000) %}{% assign x = long | split: '' %}{% endfor %}",
    "filters upon filters": "{% for i in (1..9999) %}{% assign x = long"
    + " | upcase" * 20
    + " %}{% endfor %}",
    "a long body in a loop": "{% for i in (1..9000) %}" + "{% if a %}{% endif %}" * 5000 + "{% endfor %}",
    "begun a thousand times": "{{" * 200_000,
    "tags begun": "{% " * 150_000,
}


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE)
def test_what_would_take_minutes_or_memory_is_refused(template: str) -> None:
    tracemalloc.start()
    began = process_time()
    with pytest.raises(LiquidError):
        HTML.from_string(template).render(long="y" * 1000, a=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000
    assert process_time() - began < 10


@pytest.mark.parametrize("number", ["inf", "nan", "1e400", "-inf", "9" * 5000, "x"])
@pytest.mark.parametrize(
    "name", ["floor", "ceil", "round", "abs", "plus: 1", "times: 2 | floor", "at_least: 3"]
)
def test_a_field_that_is_no_number_breaks_no_filter(number: str, name: str) -> None:
    template = TEXT.from_string(f"{{{{ x | times: 1 | {name} }}}}")
    try:
        template.render(x=number)
    except LiquidError as error:
        assert str(error)


names = st.sampled_from(
    ["contact", "contact.first_name", "event.items", "x", "i", "forloop", "links.offer", "''"]
)
values = st.one_of(names, st.integers().map(str), st.floats().map(str), st.just("(1..i)"), st.just("(x..9)"))
filters = st.sampled_from(sorted(HTML.filters))
applied = st.builds(
    lambda name, args: f" | {name}" + (f": {', '.join(args)}" if args else ""),
    filters,
    st.lists(values, max_size=3),
)
outputs = st.builds(lambda v, f: f"{{{{ {v}{''.join(f)} }}}}", values, st.lists(applied, max_size=4))
blocks = st.deferred(lambda: st.lists(pieces, max_size=3).map("".join))
pieces = st.one_of(
    outputs,
    st.text(max_size=8),
    st.builds(lambda v, w, b: f"{{% if {v} == {w} %}}{b}{{% else %}}x{{% endif %}}", values, values, blocks),
    st.builds(lambda v, w, b: f"{{% unless {v} contains {w} %}}{b}{{% endunless %}}", values, values, blocks),
    st.builds(lambda v, b: f"{{% for i in {v} %}}{b}{{% endfor %}}", values, blocks),
    st.builds(lambda v, f: f"{{% assign x = {v}{''.join(f)} %}}", values, st.lists(applied, max_size=3)),
    st.builds(lambda b: f"{{% capture x %}}{b}{{% endcapture %}}", blocks),
    st.sampled_from(
        ["{%", "{{", "}}", "%}", "{% endif %}", "{%- else -%}", "{% case x %}", "{# x #}", "{% raw %}"]
    ),
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
data = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(st.one_of(st.text(alphabet="{%} |':.,-()[]#ax1\n", max_size=80), blocks), data)
@settings(max_examples=150, deadline=None)
def test_any_template_is_filled_or_refused_by_name(source: str, value: object) -> None:
    for environment in (HTML, TEXT):
        try:
            filled = environment.from_string(source).render(
                contact={"first_name": value}, event={"items": value}
            )
        except LiquidError as error:
            assert words_of(error)
        else:
            assert len(filled.encode(errors="replace")) <= OUTPUT_LIMIT
    list(lint_text(source))


@given(
    blocks,
    st.sampled_from(["<p>{}</p>", '<a href="{}">x</a>', "<style>{}</style>", "<table>{}</table>", "{}<b"]),
)
@settings(max_examples=60, deadline=None)
def test_any_body_is_mailed_or_complained_of(source: str, around: str) -> None:
    content = EmailContent(name="x", subject="x", html=around.replace("{}", source) or "x")
    complaints = lint(content)
    try:
        compile_content(content)
    except (LiquidError, Unsendable):
        assert complaints
