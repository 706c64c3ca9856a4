// A Caesar cipher: every letter moves a number of places along the alphabet.
//# Caesar = name("Caesar", "ShiftCipher", "SecretWriter", "Rotor")
//# cipher = name("cipher", "coder", "secret", "rotor")
//# shift = name("shift", "key", "places")
//# encode = name("encode", "encrypt", "hide", "scramble")
//# decode = name("decode", "decrypt", "reveal", "unscramble")
public class $Caesar$ {
    private final int $shift$;

    public $Caesar$(int $shift$) {
        this.$shift$ = $shift$;
    }

    public char letter(char c) {
        if (c < 'a' || c > 'z') {
            return c;
        }
        return (char) ('a' + (c - 'a' + $shift$) % 26);
    }

    public String $encode$(String plain) {
        StringBuilder out = new StringBuilder();
        for (char c : plain.toCharArray()) {
            out.append(letter(c));
        }
        return out.toString();
    }

    public String $decode$(String hidden) {
        return new $Caesar$(26 - $shift$).$encode$(hidden);
    }

    public $Caesar$ twice() {
        return new $Caesar$(2 * $shift$);
    }

    public int $shift$() {
        return $shift$;
    }
}

class $Caesar$Test {
    //# start = integer(0, 25)
    //# by = integer(1, 3)
    //# c = char(chr(97 + start))
    //# moved = char(chr(97 + (start + by) % 26))
    //@ focal letter
    @Test
    public void movesALetter() {
        $Caesar$ $cipher$ = new $Caesar$($by$);
        assertTrue(Character.isLetter($cipher$.letter($c$)));
        assertEquals($moved$, $cipher$.letter($c$));
        assertEquals('?', $cipher$.letter('?'));
    }

    //# plain = word()
    //# by = integer(1, 25)
    //@ focal $decode$
    @Test
    public void $decode$Undoes$encode$() {
        $Caesar$ $cipher$ = new $Caesar$($by$);
        String hidden = $cipher$.$encode$($plain$);
        assertNotNull(hidden);
        assertNotEquals($plain$, hidden);
        assertEquals($plain$, $cipher$.$decode$(hidden));
    }

    //# plain = word()
    //# by = integer(1, 25)
    //# size = len(plain)
    //@ focal $encode$
    @Test
    public void $encode$KeepsTheLength() {
        $Caesar$ $cipher$ = new $Caesar$($by$);
        assertEquals($size$, $cipher$.$encode$($plain$).length());
        assertEquals("", $cipher$.$encode$(""));
    }

    //# by = integer(1, 12)
    //# double_ = 2 * by
    //@ focal twice
    @Test
    public void twiceMovesDoubly() {
        $Caesar$ $cipher$ = new $Caesar$($by$);
        assertNotNull($cipher$.twice());
        assertNotSame($cipher$, $cipher$.twice());
        assertEquals($double_$, $cipher$.twice().$shift$());
    }
}
