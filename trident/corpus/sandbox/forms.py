"""Ways to say an assertion: ``assertFalse(list.isEmpty())`` and ``assertTrue(list.size() > 0)`` mean the same.

An assertion is read as one or several equivalent *claims* (x is true, x equals e, x is null, …), and each claim is
written in every *way* that its types allow. All forms of an assertion make the same calls as often, in an order that
makes no difference, and hold or fail alike. Where a type is not known, only what is safe for every type is written.
`styles` says how often each way is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from trident.corpus.sandbox.java_types import COLLECTIONS, INTEGRAL, MAPS, Types, erased, is_reference
from trident.corpus.sandbox.operands import (
    ACTS,
    CONSTANT,
    MIRRORED,
    Operand,
    compared,
    integral_sides,
    negated,
    operand,
    operator,
    order_is_free,
    sides,
    without_brackets,
)
from trident.java.assertions import parse, text_of
from trident.java.lexer import canonical

#: Matchers of Hamcrest's core that mean a call on the subject: the types of the subject, and the method.
_MATCHERS = {
    "hasItem": (COLLECTIONS, "contains"),
    "containsString": (("String",), "contains"),
    "startsWith": (("String",), "startsWith"),
    "endsWith": (("String",), "endsWith"),
}
_NOT = {"nullValue", "notNullValue", "sameInstance", "theInstance", "instanceOf", "is", "equalTo", "not", *_MATCHERS}


@dataclass(frozen=True)
class Form:
    """One way to write an assertion.

    way      how: plain, swapped, truth, literal, is … (:data:`trident.corpus.sandbox.styles.WAYS`)
    view     "count" or "empty" if it speaks of the size or the emptiness of a collection; else "only"
    message  whether the assertion's message is kept; None: it has none
    text     the statement, without ``Assert.``
    """

    way: str
    view: str
    message: bool | None
    text: str

    @property
    def name(self) -> str:
        """A name for tables: the way, and what else is particular."""
        parts = [self.way, "" if self.view == "only" else self.view, "without message" if self.message is False else ""]
        return ", ".join(filter(None, parts))


#: A form before it is text: the way, the call's name and its arguments without the message.
_Written = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class _Truth:
    """`x` is true, or false. `matcher`: subject and matcher that say the same. `way`: how it is to write `x` at all."""

    x: Operand
    holds: bool
    way: str = "plain"
    matcher: tuple[str, str] | None = None

    def written(self, types: Types) -> Iterator[_Written]:
        x, value = self.x, str(self.holds).lower()
        direct, opposite = ("assertTrue", "assertFalse") if self.holds else ("assertFalse", "assertTrue")
        yield self.way, direct, (x.text,)
        yield "falsity" if self.holds else "truth", opposite, (negated(x, types),)
        if self.way != "plain":
            return  # nobody writes assertEquals(true, list.size() > 0)
        if self.matcher:
            subject, matcher = self.matcher
            yield "matcher", "assertThat", (subject, matcher if self.holds else f"not({matcher})")
        parts = integral_sides(x, types)
        if parts and order_is_free(parts[0], parts[2]):
            left, sign, right = parts
            yield "mirrored", direct, (compared(right, MIRRORED[sign], left).text,)
        yield "literal", "assertEquals", (value, x.text)
        yield "literal_swapped", "assertEquals", (x.text, value)
        yield "is", "assertThat", (x.text, f"is({value})")
        yield "equal_to", "assertThat", (x.text, f"equalTo({value})")


@dataclass(frozen=True)
class _Null:
    x: Operand
    holds: bool

    def written(self, types: Types) -> Iterator[_Written]:
        x, known = self.x, is_reference(self.x.type)
        name, matcher = ("assertNull", "nullValue()") if self.holds else ("assertNotNull", "notNullValue()")
        yield "plain", name, (x.text,)
        yield "equal_to", "assertThat", (x.text, matcher)
        yield "is", "assertThat", (x.text, f"is({matcher})")
        if not self.holds:
            yield "is_not", "assertThat", (x.text, "not(nullValue())")
        if known:
            sign, opposite = ("==", "!=") if self.holds else ("!=", "==")
            yield "truth", "assertTrue", (f"{x.side} {sign} null",)
            yield "mirrored", "assertTrue", (f"null {sign} {x.side}",)
            yield "falsity", "assertFalse", (f"{x.side} {opposite} null",)
        if known and not (x.type or "").endswith("]"):
            equals = "assertEquals" if self.holds else "assertNotEquals"
            yield "literal", equals, ("null", x.text)
            yield "literal_swapped", equals, (x.text, "null")


@dataclass(frozen=True)
class _Pair:
    """Two operands that are equal, the same, or arrays with equal elements; or (`holds` False) are not.

    what      "equal", "same" or "arrays"
    e, x      expected and actual
    delta     of numbers with a fraction
    first     "e" or "x": which is evaluated first as it stands
    call      the name of the call as it stands
    """

    what: str
    e: Operand
    x: Operand
    holds: bool
    call: str
    first: str = "e"
    delta: str | None = None

    def written(self, types: Types) -> Iterator[_Written]:
        free = order_is_free(self.e, self.x)
        for first, way, name, arguments in self._all():
            if free or first == self.first:
                yield way, name, arguments

    def _all(self) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        e, x = self.e.text, self.x.text
        plain = {"equal": ("assertEquals", "assertNotEquals"), "same": ("assertSame", "assertNotSame")}
        name = plain.get(self.what, ("assertArrayEquals",) * 2)[not self.holds]
        if self._as_call():
            more = (self.delta,) if self.delta else ()
            yield "e", "plain", name, (e, x, *more)
            yield "x", "swapped", name, (x, e, *more)
        if self.delta:
            return
        for first, way, condition, opposite in self._conditions():
            good, bad = (condition, opposite) if self.holds else (opposite, condition)
            yield first, way, "assertTrue", (good,)
            yield first, "falsity", "assertFalse", (bad,)
        if not self._as_matcher():
            return
        if self.what == "same":
            spelled = [("equal_to", f"sameInstance({e})"), ("is", f"is(sameInstance({e}))")]
        else:
            spelled = [("is", f"is({e})"), ("equal_to", f"equalTo({e})"), ("is_equal_to", f"is(equalTo({e}))")]
        if not self.holds:
            matcher = f"sameInstance({e})" if self.what == "same" else e
            spelled = [("is", f"is(not({matcher}))"), ("is_not", f"not({matcher})")]
            spelled += [] if self.what == "same" else [("equal_to", f"not(equalTo({e}))")]
        for way, matcher in spelled:
            yield "x", way, "assertThat", (x, matcher)

    def _as_call(self) -> bool:
        """Whether ``assertEquals(e, x)`` compiles (an int beside an Integer is ambiguous) and needs no delta."""
        primitive = [one.type in INTEGRAL or one.type == "boolean" for one in (self.e, self.x)]
        references = is_reference(self.e.type) and is_reference(self.x.type)
        if self.what == "arrays":
            return self.call != "assertThat" or self.e.type == self.x.type
        return self.call in ("assertEquals", "assertNotEquals") or self.what != "equal" or all(primitive) or references

    def _as_matcher(self) -> bool:
        """Whether ``assertThat(x, is(e))`` compares values of one type: an Integer equals no Long."""
        if self.call == "assertThat" or self.what == "same":
            return True
        if self.what == "arrays":
            return bool(self.e.type) and self.e.type == self.x.type
        one, other = self.e.type, self.x.type
        if one in INTEGRAL or one == "boolean":
            return one == other
        return is_reference(one) and is_reference(other) and not erased(one).endswith("]")

    def _conditions(self) -> Iterator[tuple[str, str, str, str]]:
        """What is evaluated first, the way, the condition and its opposite."""
        e, x = self.e, self.x
        one, other = e.type, x.type
        whole = (one in INTEGRAL and other in INTEGRAL) or (one == other == "boolean")
        same = self.what == "same" and is_reference(one) and erased(one) == erased(other)
        if (self.what == "equal" and whole) or same:
            for first, way, left, right in (("x", "truth", x, e), ("e", "mirrored", e, x)):
                yield first, way, compared(left, "==", right).text, compared(left, "!=", right).text
        elif self.what == "arrays" and one and one == other and one.count("[") == 1:
            for first, way, left, right in (("e", "truth", e, x), ("x", "mirrored", x, e)):
                condition = f"Arrays.equals({left.text}, {right.text})"
                yield first, way, condition, f"!{condition}"
        elif self.what == "equal" and is_reference(one) and is_reference(other) and not (one or "").endswith("]"):
            for first, way, left, right in (("e", "truth", e, x), ("x", "mirrored", x, e)):
                condition = f"{left.unit}.equals({right.text})"
                yield first, way, condition, f"!{condition}"


_Claim = _Truth | _Null | _Pair


def forms(statement: str, types: Types) -> list[Form]:
    """All ways to write an assertion, the one that is written first. Texts differ in more than layout.

    Args:
        statement: one assertion, with its ``;`` and without ``Assert.``; holes may stand in it.
        types: what is known of the names in it.
    """
    first = canonical(statement)
    found = {first: Form("plain", "only", None, statement)}
    call = _call_of(statement) if '"""' not in statement else None  # the parser changes text blocks
    parts = _without_message(call, types) if call is not None else None
    if not parts:
        return list(found.values())
    name, arguments, message = parts
    for view, claim in _views(_claim(name, arguments, types), types):
        for way, called, operands in claim.written(types):
            for text, kept in [(f"{message}, ", True), ("", False)] if message else [("", None)]:
                written = f"{called}({text}{', '.join(operands)});"
                form = Form(way, view, kept, written)
                key = canonical(written)
                if key == first and found[first].text == statement:
                    found[first] = Form(way, view, kept, statement)
                found.setdefault(key, form)
    return list(found.values())


def _call_of(statement: str) -> Node | None:
    """The call of a statement that is only a call of an assertion by its name."""
    root = parse(statement).root_node
    if root.has_error or [child.type for child in root.named_children] != ["expression_statement"]:
        return None
    call = root.named_children[0].named_children[0]
    known = call.type == "method_invocation" and call.child_by_field_name("object") is None
    return call if known else None


def _without_message(call: Node, types: Types) -> tuple[str, list[Operand], str] | None:
    """The name, the arguments and the text of the message; None for a call that has only one form."""
    name, brackets = text_of(call.child_by_field_name("name")), call.child_by_field_name("arguments")
    nodes = brackets.named_children if brackets else []
    if any(node.type.endswith("comment") for node in nodes):
        return None
    arguments = [operand(node, types) for node in nodes]
    fewest = {
        **dict.fromkeys(("assertTrue", "assertFalse", "assertNull", "assertNotNull"), 1),
        **dict.fromkeys(("assertEquals", "assertNotEquals", "assertArrayEquals"), 2),
        **dict.fromkeys(("assertSame", "assertNotSame", "assertThat"), 2),
    }.get(name)
    extra = len(arguments) - fewest if fewest else 0
    if not fewest or extra not in (0, 1, 2):
        return None
    if extra == 0:
        return name, arguments, ""
    if arguments[0].type == "String" and arguments[0].effect != ACTS:
        return name, arguments[1:], arguments[0].text
    if extra == 1 and fewest == 2 and {arguments[0].type, arguments[-1].type} & {"double", "float"}:
        return name, arguments, ""
    return None


def _claim(name: str, arguments: list[Operand], types: Types) -> _Claim | None:
    """What the call says, or None if it cannot be said otherwise."""
    match name, arguments:
        case (("assertTrue" | "assertFalse"), [x]):
            return _condition(x, name == "assertTrue", types)
        case (("assertNull" | "assertNotNull"), [x]):
            return _Null(x, name == "assertNull")
        case "assertThat", [x, matcher]:
            return _matched(x, matcher, True, types)
        case (("assertEquals" | "assertNotEquals"), [e, x]):
            return _equal(e, x, name == "assertEquals", types, name)
        case (("assertSame" | "assertNotSame"), [e, x]):
            return _Pair("same", e, x, name == "assertSame", name)
        case "assertArrayEquals", [e, x]:
            return _Pair("arrays", e, x, True, name)
        case (("assertEquals" | "assertNotEquals" | "assertArrayEquals"), [e, x, delta]) if delta.effect == CONSTANT:
            what = "arrays" if name == "assertArrayEquals" else "equal"
            return _Pair(what, e, x, name != "assertNotEquals", name, delta=delta.text)
    return None


def _equal(e: Operand, x: Operand, holds: bool, types: Types, call: str, first: str = "e") -> _Claim:
    """`x` equals `e`: a claim of its own if `e` is true, false or null."""
    for one, other in ((e, x), (x, e)):
        if one.text in ("true", "false") and other.type == "boolean":
            return _condition(other, (one.text == "true") == holds, types)
        if one.text == "null":
            return _Null(other, holds)
    arrays = call == "assertThat" and holds and (e.type or "").endswith("]")
    return _Pair("arrays" if arrays else "equal", e, x, holds, call, first)


def _condition(x: Operand, holds: bool, types: Types) -> _Claim:
    """`x` holds, or does not."""
    assert x.node is not None  # conditions are read from the tree
    node = without_brackets(x.node)
    while node.type == "unary_expression" and operator(node) == "!":
        inner = node.child_by_field_name("operand")
        assert inner is not None
        node, holds = without_brackets(inner), not holds
    x = operand(node, types)
    sign = operator(node) if node.type == "binary_expression" else ""
    if sign in ("==", "!="):
        left, right = sides(node, types)
        equal = holds == (sign == "==")
        for one, other in ((left, right), (right, left)):
            if one.text == "null":
                return _Null(other, equal)
        e, actual, first = (left, right, "e") if left.effect == CONSTANT != right.effect else (right, left, "x")
        if (e.type in INTEGRAL and actual.type in INTEGRAL) or e.type == actual.type == "boolean":
            return _equal(e, actual, equal, types, "assertTrue", first)
        if is_reference(e.type) and erased(e.type) == erased(actual.type):
            return _Pair("same", e, actual, equal, "assertTrue", first)
    if node.type == "method_invocation":
        return _called(x, node, holds, types)
    if node.type == "instanceof_expression":
        subject, kind = node.child_by_field_name("left"), node.child_by_field_name("right")
        if is_reference(types.of(subject)):
            return _Truth(x, holds, matcher=(text_of(subject), f"instanceOf({text_of(kind)}.class)"))
    return _Truth(x, holds)


def _called(x: Operand, node: Node, holds: bool, types: Types) -> _Claim:
    """A call as a condition: ``a.equals(b)``, ``list.contains(a)``, or any other."""
    on, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("name"))
    brackets = node.child_by_field_name("arguments")
    arguments = [operand(argument, types) for argument in (brackets.named_children if brackets else [])]
    if on is None or len(arguments) != 1:
        return _Truth(x, holds)
    subject, argument = operand(on, types), arguments[0]
    if name == "equals" and is_reference(subject.type) and is_reference(argument.type):
        if subject.effect == CONSTANT:
            return _Pair("equal", subject, argument, holds, "assertTrue")
        return _Pair("equal", argument, subject, holds, "assertTrue", "x")
    for matcher, (kinds, method) in _MATCHERS.items():
        if method == name and erased(subject.type) in kinds:
            return _Truth(x, holds, matcher=(subject.text, f"{matcher}({argument.text})"))
    return _Truth(x, holds)


def _matched(x: Operand, matcher: Operand, holds: bool, types: Types) -> _Claim | None:
    """What ``assertThat(x, matcher)`` says."""
    name, arguments = _matcher(matcher.node, types)
    match name, arguments:
        case (("is" | "not" | "equalTo"), [inner]):
            holds = holds != (name == "not")
            if _matcher(inner.node, types)[0]:
                return _matched(x, inner, holds, types)
            return None if inner.text.endswith(".class") else _equal(inner, x, holds, types, "assertThat", "x")
        case (("nullValue" | "notNullValue"), []):
            return _Null(x, holds == (name == "nullValue"))
        case (("sameInstance" | "theInstance"), [e]):
            return _Pair("same", e, x, holds, "assertThat", "x")
        case _, [argument] if name in _MATCHERS:
            kinds, method = _MATCHERS[name]
            if erased(x.type) in kinds:
                return _Truth(x.call(method, "boolean", argument), holds, matcher=(x.text, matcher.text))
    return None


def _matcher(node: Node | None, types: Types) -> tuple[str, list[Operand]]:
    """The name and the arguments of a matcher; no name for another expression."""
    if node is None or node.type != "method_invocation" or node.child_by_field_name("object") is not None:
        return "", []
    name, brackets = text_of(node.child_by_field_name("name")), node.child_by_field_name("arguments")
    arguments = [operand(argument, types) for argument in (brackets.named_children if brackets else [])]
    return (name, arguments) if name in _NOT else ("", [])


def _views(claim: _Claim | None, types: Types) -> Sequence[tuple[str, _Claim]]:
    """The claims that say the same: of a collection's size, also what says it of its emptiness, and the reverse."""
    if claim is None:
        return []
    found = _emptiness(claim, types)
    if not found:
        return [("only", claim)]
    subject, empty = found
    zero = Operand("0", "int", CONSTANT)
    size = subject.call("length" if subject.type == "String" else "size", "int")
    views: list[tuple[str, _Claim]] = [
        ("empty", _Truth(subject.call("isEmpty", "boolean"), empty)),
        ("count", _Pair("equal", zero, size, empty, "assertEquals")),
    ]
    if not empty:
        views.append(("count", _Truth(compared(size, ">", zero), True, way="truth")))
    return views


def _emptiness(claim: _Claim, types: Types) -> tuple[Operand, bool] | None:
    """The collection or String, and whether it is empty, if that is what the claim says."""
    match claim:
        case _Truth(x, holds):
            parts = integral_sides(x, types)
            if parts and (parts[1], parts[2].text) == (">", "0"):
                found = _measured(parts[0], ("size", "length"), types)
                return (found, not holds) if found else None
            found = _measured(x, ("isEmpty",), types)
            return (found, holds) if found else None
        case _Pair("equal", e, x, holds):
            for one, other in ((e, x), (x, e)):
                found = _measured(other, ("size", "length"), types) if one.text == "0" else None
                if found:
                    return found, holds
    return None


def _measured(x: Operand, methods: tuple[str, ...], types: Types) -> Operand | None:
    """The collection or String on which `x` calls one of the methods."""
    if x.node is None or x.node.type != "method_invocation":
        return None
    on, name = x.node.child_by_field_name("object"), text_of(x.node.child_by_field_name("name"))
    found = operand(on, types) if on is not None else None
    return found if found and name in methods and erased(found.type) in (*COLLECTIONS, *MAPS, "String") else None
