// A tokenizer that cuts text at a separator and drops the blanks around the parts.
//# Tokenizer = name("Tokenizer", "Splitter", "FieldReader", "Cutter")
//# tokens = name("tokens", "splitter", "cutter")
//# split = name("split", "tokenize", "parts", "cut")
//# head = name("head", "first", "beforeSeparator")
//# sep = choice([",", ";", ":", "/", "-"])
//# Split = upper(split)
public class $Tokenizer$ {
    private final String separator;

    public $Tokenizer$(String separator) {
        this.separator = separator;
    }

    public List<String> $split$(String text) {
        List<String> result = new ArrayList<>();
        for (String part : text.split(separator)) {
            if (!part.trim().isEmpty()) {
                result.add(part.trim());
            }
        }
        return result;
    }

    public String $head$(String text) {
        int at = text.indexOf(separator);
        return at < 0 ? text : text.substring(0, at);
    }

    public int count(String text) {
        int count = 1;
        for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + 1)) {
            count++;
        }
        return count;
    }
}

class $Tokenizer$Test {
    //# n = integer(2, 4)
    //# items = words(n)
    //# text = f"{sep} ".join(items)
    //# last = items[-1]
    //@ focal $split$
    @Test
    public void $split$TrimsTheParts() {
        $Tokenizer$ $tokens$ = new $Tokenizer$($sep$);
        List<String> result = $tokens$.$split$($text$);
        assertNotNull(result);
        assertEquals($n$, result.size());
        assertEquals($last$, result.get(result.size() - 1));
    }

    //# items = words(2)
    //# text = items[0] + sep + " " + sep + items[1]
    //@ focal $split$
    @Test
    public void emptyPartsAreSkipped() {
        $Tokenizer$ $tokens$ = new $Tokenizer$($sep$);
        assertEquals(Arrays.asList($items$), $tokens$.$split$($text$));
        assertTrue($tokens$.$split$($sep$).isEmpty());
    }

    //# item = word()
    //@ focal $split$
    @Test
    public void test$Split$OnePart() {
        List<String> result = new $Tokenizer$($sep$).$split$($item$);
        assertNotNull(result);
        assertThat(result, hasItem($item$));
    }

    //# a = word()
    //# b = word()
    //# text = a + sep + b
    //@ focal $head$
    @Test
    public void $head$StopsAtTheSeparator() {
        $Tokenizer$ $tokens$ = new $Tokenizer$($sep$);
        assertEquals($a$, $tokens$.$head$($text$));
        assertEquals($b$, $tokens$.$head$($b$));
    }

    //# n = integer(2, 7)
    //# letters = sample(list("abcdefghkmnprstuxz"), n)
    //# text = sep.join(letters)
    //@ focal count
    @Test
    public void countsTheFields() {
        $Tokenizer$ $tokens$ = new $Tokenizer$($sep$);
        assertEquals("number of fields", $n$, $tokens$.count($text$));
    }
}
