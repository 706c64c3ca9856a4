"""Java assertions of every kind, and a test method around statements."""


def method(*statements: str) -> str:
    return "@Test\npublic void works() throws Exception {\n" + "".join(f"    {s}\n" for s in statements) + "}\n"


# one statement → kind
STATEMENTS = {
    "assertEquals(3, list.size());": "assertEquals",
    'Assert.assertEquals("message; with ; semicolons", 3, list.size());': "assertEquals",
    'Assertions.assertTrue(x, () -> { String s = ";"; return s; });': "assertTrue",
    "org.junit.Assert.assertNotNull(x);": "assertNotNull",
    "TestCase.assertFalse(x);": "assertFalse",
    "this.assertNull(x);": "assertNull",
    "assertThat(list, hasItems(1, 2));": "assertThat",
    'MatcherAssert.assertThat("why", x, is(2));': "assertThat",
    'assertThat(x)\n        .as("x")\n        .isEqualTo(2);': "assertThat",
    "softly.assertThat(x).isTrue();": "assertThat",
    "Assertions.<String>assertThat(x).isNull();": "assertThat",
    'assertThatThrownBy(() -> parse("x")).isInstanceOf(ParseException.class);': "assertThatThrownBy",
    "Truth.assertThat(x).containsExactly(1, 2).inOrder();": "assertThat",
    "com.google.common.truth.Truth.assertThat(x).isNull();": "assertThat",
    'assertWithMessage("why").that(x).isNull();': "assertWithMessage",
    "assertThrows(IOException.class, () -> { open(); read(); });": "assertThrows",
    "IOException e = assertThrows(IOException.class, () -> open());": "assertThrows",
    "final var e = Assertions.assertThrows(IOException.class, this::open);": "assertThrows",
    "e = assertThrows(IOException.class, this::open);": "assertThrows",
    "assertAll(() -> assertTrue(a), () -> { assertFalse(b); });": "assertAll",
    "assertArrayEquals(new int[] {1, 2}, sorted(new int[] {2, 1}));": "assertArrayEquals",
    "assertValid(x);": "assertValid",
    "helper.assert_ok(x);": "assert_ok",
    'assert x > 0 : "x; is" + x;': "assert",
    'assertEquals("größer ☕ 𝄞", x);': "assertEquals",
    'assertEquals("""\n  text; block\n  """, x);': "assertEquals",
}
