// Turns titles into the short lower-case names used in web addresses.
//# Slugs = name("Slugs", "UrlNames", "Permalinks", "Slugger")
//# slugify = name("slugify", "toSlug", "make", "urlName")
//# title = name("title", "heading", "text", "phrase")
//# mark = choice(["-", "_", "."])
//# shorten = name("shorten", "clip", "limit", "truncate")
public class $Slugs$ {
    public static String $slugify$(String $title$) {
        return $title$.trim().toLowerCase().replaceAll("[^a-z0-9]+", $mark$);
    }

    public static String $shorten$(String slug, int max) {
        return slug.length() <= max ? slug : slug.substring(0, max);
    }

    public static boolean isSlug(String $title$) {
        return $title$ != null && $title$.equals($slugify$($title$));
    }

    public static String numbered(String slug, int copy) {
        return copy < 2 ? slug : slug + $mark$ + copy;
    }
}

class $Slugs$Test {
    //# a, b = words(2)
    //# given = f"{a.upper()} {b}"
    //# expected = f"{a}{mark}{b}"
    //@ focal $slugify$
    @Test
    public void joinsWordsInLowerCase() {
        String slug = $Slugs$.$slugify$($given$);
        assertNotNull(slug);
        assertEquals($expected$, slug);
    }

    //# whole = word()
    //# size = integer(1, 4)
    //# require size < len(whole)
    //# part = whole[:size]
    //@ focal $shorten$
    @Test
    public void cutsLongSlugs() {
        String slug = $Slugs$.$shorten$($whole$, $size$);
        assertEquals($part$, slug);
        assertEquals($size$, slug.length());
        assertTrue($whole$.startsWith(slug));
    }

    //# whole = word()
    //# size = integer(15, 60)
    //@ focal $shorten$
    @Test
    public void leavesShortSlugsAlone() {
        String slug = $whole$;
        assertSame(slug, $Slugs$.$shorten$(slug, $size$));
    }

    //# good, other = words(2)
    //# bad = f"{other.upper()}!"
    //@ focal isSlug
    @Test
    public void recognisesSlugs() {
        assertTrue($Slugs$.isSlug($good$));
        assertFalse($Slugs$.isSlug($bad$));
        assertFalse("no slug at all", $Slugs$.isSlug(null));
    }

    //# base = word()
    //# copy = integer(2, 30)
    //# expected = f"{base}{mark}{copy}"
    //@ focal numbered
    @Test
    public void numbersTheCopies() {
        assertEquals($base$, $Slugs$.numbered($base$, 1));
        assertEquals($expected$, $Slugs$.numbered($base$, $copy$));
    }
}
