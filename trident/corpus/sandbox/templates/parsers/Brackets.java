// Looks at the round brackets of a text: are they balanced, and how deep do they go.
//# Brackets = name("Brackets", "Nesting", "ParenCheck", "BracketChecker")
//# check = name("check", "nesting", "brackets")
//# depth = name("depth", "maxDepth", "deepest", "levels")
//# balanced = name("balanced", "isBalanced", "matches", "isClosed")
//# inner = name("inner", "inside", "content")
//# Inner = upper(inner)
public class $Brackets$ {

    public int $depth$(String text) {
        int open = 0;
        int most = 0;
        for (char c : text.toCharArray()) {
            if (c == '(') {
                open++;
                most = Math.max(most, open);
            } else if (c == ')') {
                open--;
            }
        }
        return most;
    }

    public boolean $balanced$(String text) {
        int open = 0;
        for (int i = 0; i < text.length() && open >= 0; i++) {
            char c = text.charAt(i);
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        return open == 0;
    }

    public String $inner$(String text) {
        int from = text.indexOf('(');
        int to = text.lastIndexOf(')');
        if (from < 0 || to < from) {
            return null;
        }
        return text.substring(from + 1, to);
    }
}

class $Brackets$Test {
    //# w = word()
    //# n = integer(1, 4)
    //# text = "(" * n + w + ")" * n
    //@ focal $depth$
    @Test
    public void $depth$OfNestedBrackets() {
        $Brackets$ $check$ = new $Brackets$();
        assertEquals($n$, $check$.$depth$($text$));
        assertEquals(0, $check$.$depth$(""));
    }

    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //# text = choice([f"({a})({b})", f"({a})+({b})", f"{a}({b})()"])
    //@ focal $depth$
    @Test
    public void sideBySideIsNotDeeper() {
        $Brackets$ $check$ = new $Brackets$();
        assertEquals("one level only", 1, $check$.$depth$($text$));
    }

    //# w = word()
    //# good = choice([f"({w})", f"(({w}))", f"{w}()", f"()({w})"])
    //# bad = choice([f"({w}", f"{w})", f"){w}(", f"(({w})", f"({w}))"])
    //# one = choice([good, bad])
    //# two = choice(["()()", "(()())", ")(", "(()", "())"])
    //# first = code("assertTrue" if one == good else "assertFalse")
    //# second = code("assertTrue" if two in ("()()", "(()())") else "assertFalse")
    //@ focal $balanced$
    @Test
    public void every$Brackets$NeedsItsPartner() {
        $Brackets$ $check$ = new $Brackets$();
        $first$($check$.$balanced$($one$));
        $second$($check$.$balanced$($two$));
    }

    //# ws = words(2)
    //# before = ws[0]
    //# item = ws[1]
    //# text = f"{before}({item})"
    //@ focal $inner$
    @Test
    public void test$Inner$() {
        $Brackets$ $check$ = new $Brackets$();
        assertEquals($item$, $check$.$inner$($text$));
        assertNull($check$.$inner$($before$));
    }
}
