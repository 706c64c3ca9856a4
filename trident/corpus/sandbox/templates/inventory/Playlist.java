// A list of songs that is played from the first to the last and then over again.
//# Playlist = name("Playlist", "Jukebox", "Mixtape", "Album")
//# songs = name("songs", "tape", "music")
//# add = name("add", "append", "enqueue", "insert")
//# play = name("playNext", "next", "advance", "nextSong")
//# minutes = name("minutes", "duration", "playTime")
//# Minutes = upper(minutes)
public class $Playlist$ {
    private final List<String> titles = new ArrayList<>();
    private int $minutes$;
    private int position;

    public $Playlist$ $add$(String title, int length) {
        titles.add(title);
        $minutes$ += length;
        return this;
    }

    public String $play$() {
        if (titles.isEmpty()) {
            return null;
        }
        String title = titles.get(position);
        position = (position + 1) % titles.size();
        return title;
    }

    public int indexOf(String title) {
        return titles.indexOf(title);
    }

    public int $minutes$() {
        return $minutes$;
    }
}

class $Playlist$Test {
    //# ws = words(2)
    //# a = ws[0]
    //# b = ws[1]
    //@ focal $play$
    @Test
    public void startsOverAtTheEnd() {
        $Playlist$ $songs$ = new $Playlist$().$add$($a$, 3).$add$($b$, 4);
        assertEquals($a$, $songs$.$play$());
        assertEquals($b$, $songs$.$play$());
        assertEquals("from the beginning", $a$, $songs$.$play$());
    }

    //# title = word()
    //# n = integer(1, 9)
    //@ focal $play$
    @Test
    public void anEmpty$Playlist$IsSilent() {
        $Playlist$ $songs$ = new $Playlist$();
        assertNull($songs$.$play$());
        $songs$.$add$($title$, $n$);
        assertNotNull($songs$.$play$());
    }

    //# ws = words(2)
    //# m = integer(1, 20)
    //# n = integer(1, 20)
    //# expected = m + n
    //# a = ws[0]
    //# b = ws[1]
    //@ focal $add$
    @Test
    public void $add$CountsThe$Minutes$() {
        $Playlist$ $songs$ = new $Playlist$();
        $songs$.$add$($a$, $m$);
        $songs$.$add$($b$, $n$);
        assertEquals($expected$, $songs$.$minutes$());
        assertTrue($songs$.$minutes$() > $m$);
    }

    //# items = words(3)
    //# a = items[0]
    //# b = items[1]
    //# c = items[2]
    //@ focal indexOf
    @Test
    public void test$Playlist$IndexOf() {
        $Playlist$ $songs$ = new $Playlist$().$add$($a$, 2).$add$($b$, 5);
        assertEquals(0, $songs$.indexOf($a$));
        assertEquals(1, $songs$.indexOf($b$));
        assertEquals(-1, $songs$.indexOf($c$));
    }
}
