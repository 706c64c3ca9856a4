// The name of a person in the forms in which it is written.
//# Person = name("PersonName", "FullName", "Author", "Signature")
//# person = name("person", "author", "who")
//# given = name("given", "first", "forename")
//# family = name("family", "last", "surname")
//# initials = name("initials", "monogram", "letters")
//# formal = name("formal", "sortKey", "listed", "indexForm")
public class $Person$ {
    private final String $given$;
    private final String $family$;
    private String title;

    public $Person$(String $given$, String $family$) {
        this.$given$ = $given$;
        this.$family$ = $family$;
    }

    public String $initials$() {
        return "" + $given$.charAt(0) + $family$.charAt(0);
    }

    public String $formal$() {
        return $family$ + ", " + $given$;
    }

    public String title() {
        return title;
    }

    public $Person$ withTitle(String title) {
        this.title = title;
        return this;
    }

    public String greeting() {
        return title == null ? "Hello " + $given$ : "Dear " + title + " " + $family$;
    }

    public boolean isRelativeOf($Person$ other) {
        return $family$.equalsIgnoreCase(other.$family$);
    }
}

class $Person$Test {
    //# a, b = [w.capitalize() for w in words(2)]
    //# letters = a[0] + b[0]
    //@ focal $initials$
    @Test
    public void $initials$OfBothNames() {
        $Person$ $person$ = new $Person$($a$, $b$);
        assertEquals(2, $person$.$initials$().length());
        assertEquals($letters$, $person$.$initials$());
    }

    //# a, b = [w.capitalize() for w in words(2)]
    //# expected = f"{b}, {a}"
    //@ focal $formal$
    @Test
    public void familyNameFirst() {
        $Person$ $person$ = new $Person$($a$, $b$);
        assertEquals($expected$, $person$.$formal$());
        assertThat($person$.$formal$(), startsWith($b$));
    }

    //# a, b = [w.capitalize() for w in words(2)]
    //# rank = choice(["Dr", "Prof", "Captain", "Sir", "Judge"])
    //@ focal withTitle
    @Test
    public void titleIsOptional() {
        $Person$ $person$ = new $Person$($a$, $b$);
        assertNull($person$.title());
        $person$.withTitle($rank$);
        assertNotNull($person$.title());
        assertEquals($rank$, $person$.title());
    }

    //# a, b = [w.capitalize() for w in words(2)]
    //# rank = choice(["Dr", "Prof", "Captain", "Sir", "Judge"])
    //# plain = f"Hello {a}"
    //# polite = f"Dear {rank} {b}"
    //@ focal greeting
    @Test
    public void greetsByTitle() {
        $Person$ $person$ = new $Person$($a$, $b$);
        assertEquals($plain$, $person$.greeting());
        $person$.withTitle($rank$);
        assertTrue($person$.greeting().endsWith($b$));
        assertEquals("polite", $polite$, $person$.greeting());
    }

    //# a, b, c, d = [w.capitalize() for w in words(4)]
    //# shouted = b.upper()
    //@ focal isRelativeOf
    @Test
    public void relativesShareAName() {
        $Person$ $person$ = new $Person$($a$, $b$);
        assertTrue($person$.isRelativeOf(new $Person$($c$, $shouted$)));
        assertFalse($person$.isRelativeOf(new $Person$($a$, $d$)));
    }
}
