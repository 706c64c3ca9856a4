"""Java assertions of every kind, and a test method around statements."""


def method(*statements: str) -> str:
    return "@Test\npublic void works() throws Exception {\n" + "".join(f"    {s}\n" for s in statements) + "}\n"


# one statement → kind, framework
STATEMENTS = {
    "assertEquals(3, list.size());": ("assertEquals", "junit"),
    'Assert.assertEquals("message; with ; semicolons", 3, list.size());': ("assertEquals", "junit"),
    'Assertions.assertTrue(x, () -> { String s = ";"; return s; });': ("assertTrue", "junit"),
    "org.junit.Assert.assertNotNull(x);": ("assertNotNull", "junit"),
    "TestCase.assertFalse(x);": ("assertFalse", "junit"),
    "this.assertNull(x);": ("assertNull", "junit"),
    "assertThat(list, hasItems(1, 2));": ("assertThat", "hamcrest"),
    'MatcherAssert.assertThat("why", x, is(2));': ("assertThat", "hamcrest"),
    'assertThat(x)\n        .as("x")\n        .isEqualTo(2);': ("assertThat", "fluent"),
    "softly.assertThat(x).isTrue();": ("assertThat", "fluent"),
    "Assertions.<String>assertThat(x).isNull();": ("assertThat", "fluent"),
    'assertThatThrownBy(() -> parse("x")).isInstanceOf(ParseException.class);': ("assertThatThrownBy", "fluent"),
    "Truth.assertThat(x).containsExactly(1, 2).inOrder();": ("assertThat", "truth"),
    "com.google.common.truth.Truth.assertThat(x).isNull();": ("assertThat", "truth"),
    'assertWithMessage("why").that(x).isNull();': ("assertWithMessage", "truth"),
    "assertThrows(IOException.class, () -> { open(); read(); });": ("assertThrows", "junit"),
    "IOException e = assertThrows(IOException.class, () -> open());": ("assertThrows", "junit"),
    "final var e = Assertions.assertThrows(IOException.class, this::open);": ("assertThrows", "junit"),
    "e = assertThrows(IOException.class, this::open);": ("assertThrows", "junit"),
    "assertAll(() -> assertTrue(a), () -> { assertFalse(b); });": ("assertAll", "junit"),
    "assertArrayEquals(new int[] {1, 2}, sorted(new int[] {2, 1}));": ("assertArrayEquals", "junit"),
    "assertValid(x);": ("assertValid", "junit"),
    "helper.assert_ok(x);": ("assert_ok", "junit"),
    'assert x > 0 : "x; is" + x;': ("assert", "java"),
    'assertEquals("größer ☕ 𝄞", x);': ("assertEquals", "junit"),
    'assertEquals("""\n  text; block\n  """, x);': ("assertEquals", "junit"),
}
