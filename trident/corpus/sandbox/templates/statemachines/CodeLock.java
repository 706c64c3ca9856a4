// A lock with a secret number that blocks itself after too many wrong tries.
//# CodeLock = name("CodeLock", "Safe", "PinPad", "Vault")
//# lock = lower(CodeLock)
//# tryOpen = name("tryOpen", "enter", "unlock", "type")
//# triesLeft = name("triesLeft", "attempts", "chances")
//# change = name("change", "setCode", "replaceCode")
public class $CodeLock$ {
    private int secret;
    private int $triesLeft$;

    public $CodeLock$(int secret, int $triesLeft$) {
        this.secret = secret;
        this.$triesLeft$ = $triesLeft$;
    }

    public boolean $tryOpen$(int number) {
        if ($triesLeft$ == 0) {
            throw new IllegalStateException("blocked");
        }
        if (number == secret) {
            return true;
        }
        $triesLeft$--;
        return false;
    }

    public int $change$(int oldSecret, int newSecret) {
        if (oldSecret == secret) {
            secret = newSecret;
        }
        return secret;
    }

    public int $triesLeft$() {
        return $triesLeft$;
    }
}

class $CodeLock$Test {
    //# secret = integer(100, 999)
    //# tries = integer(1, 9)
    //@ focal $tryOpen$
    @Test
    public void opensWithTheRightNumber() {
        $CodeLock$ $lock$ = new $CodeLock$($secret$, $tries$);
        assertTrue($lock$.$tryOpen$($secret$));
        assertEquals($tries$, $lock$.$triesLeft$());
    }

    //# secret = integer(100, 499)
    //# wrong = integer(500, 999)
    //# tries = integer(2, 20)
    //# left = tries - 1
    //@ focal $tryOpen$
    @Test
    public void aWrongNumberCostsATry() {
        $CodeLock$ $lock$ = new $CodeLock$($secret$, $tries$);
        boolean open = $lock$.$tryOpen$($wrong$);
        assertFalse(open);
        assertEquals($left$, $lock$.$triesLeft$());
    }

    //# secret = integer(100, 499)
    //# wrong = integer(500, 999)
    //@ focal $tryOpen$
    @Test
    public void blocksAfterTheLastTry() {
        $CodeLock$ $lock$ = new $CodeLock$($secret$, 1);
        $lock$.$tryOpen$($wrong$);
        assertThrows(IllegalStateException.class, () -> $lock$.$tryOpen$($secret$));
    }

    //# secret = integer(10, 99)
    //# fresh = integer(100, 199)
    //# wrong = integer(200, 299)
    //@ focal $change$
    @Test
    public void $change$NeedsTheOldNumber() {
        $CodeLock$ $lock$ = new $CodeLock$($secret$, 3);
        assertEquals($secret$, $lock$.$change$($wrong$, $fresh$));
        assertEquals($fresh$, $lock$.$change$($secret$, $fresh$));
    }
}
