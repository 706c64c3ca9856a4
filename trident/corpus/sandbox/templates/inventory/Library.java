// A library that lends books to readers.
//# Library = name("Library", "BookShelf", "LendingDesk", "Archive")
//# library = lower(Library)
//# lend = name("lend", "checkOut", "borrow", "handOut")
//# giveBack = name("giveBack", "checkIn", "bringBack")
//# reader = name("readerOf", "holder", "whoHas")
//# GiveBack = upper(giveBack)
public class $Library$ {
    private final Map<String, String> lent = new HashMap<>();

    public boolean $lend$(String title, String person) {
        return lent.putIfAbsent(title, person) == null;
    }

    public String $giveBack$(String title) {
        return lent.remove(title);
    }

    public String $reader$(String title) {
        return lent.get(title);
    }

    public int lentTo(String person) {
        return Collections.frequency(lent.values(), person);
    }
}

class $Library$Test {
    //# title = choice(["Emma", "Faust", "Momo", "Dracula", "Heidi", "Ulysses"])
    //# person = choice(["Ann", "Ben", "Cem", "Dora", "Eva", "Finn"])
    //@ focal $lend$
    @Test
    public void $lend$RemembersThePerson() {
        $Library$ $library$ = new $Library$();
        assertTrue($library$.$lend$($title$, $person$));
        assertEquals($person$, $library$.$reader$($title$));
    }

    //# title = choice(["Emma", "Faust", "Momo", "Dracula", "Heidi", "Ulysses"])
    //# people = sample(["Ann", "Ben", "Cem", "Dora", "Eva", "Finn"], 2)
    //# first = people[0]
    //# second = people[1]
    //@ focal $lend$
    @Test
    public void aLentBookIsNotLentAgain() {
        $Library$ $library$ = new $Library$();
        $library$.$lend$($title$, $first$);
        assertFalse($library$.$lend$($title$, $second$));
        assertNotNull($library$.$reader$($title$));
        assertEquals($first$, $library$.$reader$($title$));
    }

    //# title = choice(["Emma", "Faust", "Momo", "Dracula", "Heidi", "Ulysses"])
    //# person = choice(["Ann", "Ben", "Cem", "Dora", "Eva", "Finn"])
    //@ focal $giveBack$
    @Test
    public void test$GiveBack$() {
        $Library$ $library$ = new $Library$();
        $library$.$lend$($title$, $person$);
        assertEquals($person$, $library$.$giveBack$($title$));
        assertNull($library$.$reader$($title$));
        assertNull($library$.$giveBack$($title$));
    }

    //# titles = sample(["Emma", "Faust", "Momo", "Dracula", "Heidi", "Ulysses"], 2)
    //# people = sample(["Ann", "Ben", "Cem", "Dora", "Eva", "Finn"], 2)
    //# a = titles[0]
    //# b = titles[1]
    //# p = people[0]
    //# q = choice(people)
    //# n = 2 if p == q else 1
    //# message = f"books of {p}"
    //@ focal lentTo
    @Test
    public void countsTheBooksOfAPerson() {
        $Library$ $library$ = new $Library$();
        $library$.$lend$($a$, $p$);
        $library$.$lend$($b$, $q$);
        assertEquals($message$, $n$, $library$.lentTo($p$));
    }
}
