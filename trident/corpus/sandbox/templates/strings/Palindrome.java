// Words and how they read from the other end.
//# Mirror = name("Mirror", "Palindromes", "Backwards", "WordMirror")
//# isPalindrome = name("isPalindrome", "isMirrored", "readsBothWays", "check")
//# reverse = name("reverse", "flip", "backwards", "turn")
//# phrase = name("phrase", "text", "input", "s")
public class $Mirror$ {
    public static String $reverse$(String $phrase$) {
        return new StringBuilder($phrase$).reverse().toString();
    }

    public static boolean $isPalindrome$(String $phrase$) {
        int left = 0;
        int right = $phrase$.length() - 1;
        while (left < right) {
            if ($phrase$.charAt(left++) != $phrase$.charAt(right--)) {
                return false;
            }
        }
        return true;
    }

    public static String mirrored(String $phrase$) {
        return $phrase$ + $reverse$($phrase$);
    }

    /** How many letters stand where they would stand in the reversed word. */
    public static int fixedLetters(String $phrase$) {
        String other = $reverse$($phrase$);
        int same = 0;
        for (int i = 0; i < $phrase$.length(); i++) {
            if ($phrase$.charAt(i) == other.charAt(i)) {
                same++;
            }
        }
        return same;
    }
}

class $Mirror$Test {
    //# forth = word()
    //# short_ = forth[:4]
    //# back = short_[::-1]
    //@ focal $reverse$
    @Test
    public void $reverse$TheLetters() {
        assertEquals($back$, $Mirror$.$reverse$($short_$));
        assertEquals($short_$, $Mirror$.$reverse$($back$));
    }

    //# half = word()[:3]
    //# even = half + half[::-1]
    //# odd = half + half[:-1][::-1]
    //# uneven = half + "x" + half[::-1] + "y"
    //@ focal $isPalindrome$
    @Test
    public void tellsPalindromesFromOthers() {
        assertTrue($Mirror$.$isPalindrome$($even$));
        assertTrue($Mirror$.$isPalindrome$($odd$));
        assertFalse($Mirror$.$isPalindrome$($uneven$));
    }

    //# given = choice([word(), word()[:2], "noon", "level", "radar", "kayak", "deed", "refer", "civic"])
    //# verdict = code("assertTrue" if given == given[::-1] else "assertFalse")
    //# outcome = name("result", "answer", "outcome", "verdict")
    //@ focal $isPalindrome$
    @Test
    public void decides() {
        boolean $outcome$ = $Mirror$.$isPalindrome$($given$);
        $verdict$($outcome$);
    }

    //# given = word()
    //# size = 2 * len(given)
    //@ focal mirrored
    @Test
    public void mirroredTextIsAPalindrome() {
        String both = $Mirror$.mirrored($given$);
        assertNotNull(both);
        assertEquals($size$, both.length());
        assertTrue("mirrored", $Mirror$.$isPalindrome$(both));
    }

    //# given = word()[:5]
    //# fixed = len([i for i in range(len(given)) if given[i] == given[len(given) - 1 - i]])
    //@ focal fixedLetters
    @Test
    public void countsFixedLetters() {
        assertEquals($fixed$, $Mirror$.fixedLetters($given$));
        assertEquals(0, $Mirror$.fixedLetters(""));
    }
}
