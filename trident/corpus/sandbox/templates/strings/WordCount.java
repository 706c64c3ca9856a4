// Counts and picks the words of a text.
//# Words = name("WordCount", "Concordance", "TextStats", "Vocabulary")
//# stats = name("stats", "counter", "text", "report")
//# countWords = name("countWords", "wordCount", "total", "size")
//# frequency = name("frequency", "countOf", "times", "occurrences")
//# longest = name("longest", "longestWord", "widest")
public class $Words$ {
    private final List<String> tokens = new ArrayList<>();

    public $Words$(String text) {
        for (String token : text.split(" ")) {
            if (!token.isEmpty()) {
                tokens.add(token);
            }
        }
    }

    public int $countWords$() {
        return tokens.size();
    }

    public int $frequency$(String wanted) {
        return Collections.frequency(tokens, wanted);
    }

    public int distinct() {
        return new HashSet<>(tokens).size();
    }

    public String $longest$() {
        String best = "";
        for (String token : tokens) {
            if (token.length() > best.length()) {
                best = token;
            }
        }
        return best;
    }

    public boolean mentions(String wanted) {
        return tokens.contains(wanted);
    }
}

class $Words$Test {
    //# said = words(integer(2, 5))
    //# amount = len(said)
    //# text = choice([" ", "  "]).join(said)
    //@ focal $countWords$
    @Test
    public void countsTheWords() {
        $Words$ $stats$ = new $Words$($text$);
        assertTrue($stats$.$countWords$() > 1);
        assertEquals($amount$, $stats$.$countWords$());
    }

    //# a, b, other = words(3)
    //# order = shuffled([a] * integer(1, 3) + [b])
    //# times = len([w for w in order if w == a])
    //# text = " ".join(order)
    //@ focal $frequency$
    @Test
    public void countsOneWord() {
        $Words$ $stats$ = new $Words$($text$);
        assertEquals($times$, $stats$.$frequency$($a$));
        assertEquals(1, $stats$.$frequency$($b$));
        assertEquals(0, $stats$.$frequency$($other$));
    }

    //# a, b = words(2)
    //# text = choice([f"{a} {b} {a}", f"{a} {a} {b}", f"{a} {b}", f"{b} {b} {a} {a}"])
    //@ focal distinct
    @Test
    public void repeatedWordsCountOnce() {
        assertEquals(2, new $Words$($text$).distinct());
    }

    //# picked = words(3)
    //# require len(set(len(w) for w in picked)) == 3
    //# text = " ".join(picked)
    //# best = [w for w in picked if len(w) == max(len(v) for v in picked)][0]
    //@ focal $longest$
    @Test
    public void findsTheLongestWord() {
        $Words$ $stats$ = new $Words$($text$);
        assertNotNull($stats$.$longest$());
        assertEquals($best$, $stats$.$longest$());
        assertEquals("", new $Words$("").$longest$());
    }

    //# a, b, c = words(3)
    //# text = f"{a} {b}"
    //@ focal mentions
    @Test
    public void mentionsItsWords() {
        $Words$ $stats$ = new $Words$($text$);
        assertTrue($stats$.mentions($b$));
        assertFalse("not said", $stats$.mentions($c$));
    }
}
