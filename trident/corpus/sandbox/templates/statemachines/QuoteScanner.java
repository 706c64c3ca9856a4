// A scanner that reads text one character at a time and knows whether it stands inside a quotation.
//# QuoteScanner = name("QuoteScanner", "TextScanner", "StringState", "CharReader")
//# scanner = name("scanner", "reader", "state")
//# feed = name("feed", "accept", "read", "next")
//# quoted = name("quoted", "inside", "captured")
//# mark = choice(["'", "|", "*", "`"])
//# quote = char(mark)
//# Feed = upper(feed)
public class $QuoteScanner$ {
    private boolean open;
    private int position;
    private final StringBuilder $quoted$ = new StringBuilder();

    public boolean $feed$(char c) {
        position++;
        if (c == $quote$) {
            open = !open;
        } else if (open) {
            $quoted$.append(c);
        }
        return open;
    }

    public $QuoteScanner$ $feed$All(String text) {
        for (char c : text.toCharArray()) {
            $feed$(c);
        }
        return this;
    }

    public String $quoted$() {
        return $quoted$.toString();
    }

    public int position() {
        return position;
    }

    public boolean isOpen() {
        return open;
    }
}

class $QuoteScanner$Test {
    //# letter = char(choice("abcdefghijklmnopqrstuvwxyz"))
    //@ focal $feed$
    @Test
    public void aQuoteOpensAndCloses() {
        $QuoteScanner$ $scanner$ = new $QuoteScanner$();
        assertTrue($scanner$.$feed$($quote$));
        assertTrue($scanner$.$feed$($letter$));
        assertFalse($scanner$.$feed$($quote$));
        assertEquals(3, $scanner$.position());
    }

    //# w = choice("abcdefghijklmnopqrstuvwxyz")
    //# letter = char(w)
    //@ focal $feed$
    @Test
    public void lettersOutsideAreDropped() {
        $QuoteScanner$ $scanner$ = new $QuoteScanner$();
        $scanner$.$feed$($letter$);
        assertEquals("", $scanner$.$quoted$());
        assertEquals(1, $scanner$.position());
    }

    //# a = word()
    //# b = word()
    //# text = a + mark + b + mark
    //# length = len(text)
    //@ focal $feed$
    @Test
    public void keepsWhatIsQuoted() {
        $QuoteScanner$ $scanner$ = new $QuoteScanner$();
        for (char c : $text$.toCharArray()) {
            $scanner$.$feed$(c);
        }
        assertEquals($b$, $scanner$.$quoted$());
        assertEquals($length$, $scanner$.position());
    }

    //# a = word()
    //# text = mark + a
    //@ focal $feed$All
    @Test
    public void test$Feed$AllReturnsItself() {
        $QuoteScanner$ $scanner$ = new $QuoteScanner$();
        assertSame($scanner$, $scanner$.$feed$All($text$));
        assertTrue("no closing mark", $scanner$.isOpen());
        assertThat($scanner$.$quoted$(), equalTo($a$));
    }
}
