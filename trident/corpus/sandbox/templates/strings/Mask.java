// Hides most of a secret text, so that it may be shown on a screen.
//# Mask = name("Mask", "Redactor", "Censor", "Privacy")
//# mask = lower(Mask)
//# visible = name("visible", "shown", "open", "clear")
//# hide = name("hide", "mask", "cover", "redact")
//# isMasked = name("isMasked", "hidesAnything", "covered")
public class $Mask$ {
    private final int $visible$;

    public $Mask$(int $visible$) {
        if ($visible$ < 0) {
            throw new IllegalArgumentException("negative");
        }
        this.$visible$ = $visible$;
    }

    public int hidden(String secret) {
        return Math.max(0, secret.length() - $visible$);
    }

    public String $hide$(String secret) {
        char[] result = secret.toCharArray();
        for (int i = 0; i < hidden(secret); i++) {
            result[i] = '*';
        }
        return new String(result);
    }

    public boolean $isMasked$(String text) {
        return text.indexOf('*') >= 0;
    }
}

class $Mask$Test {
    //# secret = word()
    //# open = integer(1, 12)
    //# stars = max(0, len(secret) - open)
    //@ focal hidden
    @Test
    public void hidesAllButTheEnd() {
        $Mask$ $mask$ = new $Mask$($open$);
        assertEquals($stars$, $mask$.hidden($secret$));
        assertEquals(0, $mask$.hidden(""));
    }

    //# secret = str(integer(10000, 99999))
    //# open = integer(1, 4)
    //# covered = "*" * (5 - open) + secret[5 - open:]
    //# end = secret[5 - open:]
    //@ focal $hide$
    @Test
    public void showsTheLastDigits() {
        String result = new $Mask$($open$).$hide$($secret$);
        assertNotNull(result);
        assertEquals($covered$, result);
        assertThat(result, endsWith($end$));
    }

    //# secret = word()
    //# open = integer(0, 2)
    //# require open < len(secret)
    //@ focal $hide$
    @Test
    public void coversASecret() {
        $Mask$ $mask$ = new $Mask$($open$);
        String result = $mask$.$hide$($secret$);
        assertTrue($mask$.$isMasked$(result));
        assertFalse($mask$.$isMasked$($secret$));
        assertNotEquals($secret$, result);
    }

    //# digits = str(integer(100, 999))
    //# end = char(digits[-1])
    //@ focal $hide$
    @Test
    public void lettersOneByOne() {
        char[] letters = new $Mask$(1).$hide$($digits$).toCharArray();
        assertEquals(3, letters.length);
        assertArrayEquals(new char[] {'*', '*', $end$}, letters);
    }
}
