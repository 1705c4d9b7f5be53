"""The words of form pages that are not their authors', in the languages of the interface."""

from collections.abc import Mapping
from dataclasses import dataclass

from common.domain.forms.answers import Fault, Wrong


@dataclass(frozen=True, slots=True)
class Words:
    next: str
    back: str
    page: str
    needed: str
    choose: str
    look_again: str
    sum: str
    solve: str
    quick: str
    stale: str
    trap: str
    check_mail: str
    confirm_within: str
    confirm: str
    please_confirm: str
    too_late: str
    too_late_text: str
    wrong: Mapping[Wrong, str]

    def about(self, fault: Fault) -> str:
        """What to do about an answer."""
        return self.wrong[fault.wrong].format(**fault.values)


ENGLISH = Words(
    next="Next",
    back="Back",
    page="Page {number} of {count}",
    needed="required",
    choose="Please choose",
    look_again="Please look at these answers again:",
    sum="What is {first} plus {second}?",
    solve="that is not the sum",
    quick="That was quick. Please wait a moment, then send again.",
    stale="The page had been open for too long. Please solve the new sum and send again.",
    trap="Leave this empty",
    check_mail="Please look into your mailbox",
    confirm_within="We have sent you a mail. Your answers count when you have confirmed them with its link, "
    "within {minutes} minutes.",
    confirm="Confirm",
    please_confirm="Please confirm",
    too_late="This came too late",
    too_late_text="The time for confirming is over. Please fill in the form once more.",
    wrong={wrong: wrong.value for wrong in Wrong},
)
GERMAN = Words(
    next="Weiter",
    back="Zurück",
    page="Seite {number} von {count}",
    needed="erforderlich",
    choose="Bitte auswählen",
    look_again="Bitte sehen Sie diese Antworten noch einmal an:",
    sum="Wie viel ist {first} plus {second}?",
    solve="das ist nicht die Summe",
    quick="Das ging schnell. Bitte warten Sie einen Augenblick und senden Sie dann noch einmal.",
    stale="Die Seite war zu lange offen. Bitte lösen Sie die neue Aufgabe und senden Sie noch einmal.",
    trap="Dieses Feld leer lassen",
    check_mail="Bitte sehen Sie in Ihr Postfach",
    confirm_within="Wir haben Ihnen eine Mail geschickt. Ihre Antworten zählen, wenn Sie sie binnen {minutes} "
    "Minuten über den Link darin bestätigt haben.",
    confirm="Bestätigen",
    please_confirm="Bitte bestätigen Sie",
    too_late="Das kam zu spät",
    too_late_text="Die Zeit zum Bestätigen ist abgelaufen. Bitte füllen Sie das Formular noch einmal aus.",
    wrong={
        Wrong.NEEDED: "das wird gebraucht",
        Wrong.NOT_OFFERED: "wählen Sie eine der angebotenen Antworten",
        Wrong.TOO_LONG: "schreiben Sie höchstens {most} Zeichen",
        Wrong.NO_ADDRESS: "geben Sie eine E-Mail-Adresse an, etwa name@example.org",
        Wrong.NO_DATE: "geben Sie ein Datum an, etwa 2026-11-24",
        Wrong.NO_FILE: "wählen Sie eine Datei",
        Wrong.LARGE_FILE: "wählen Sie eine Datei von höchstens {most} Byte",
        Wrong.OTHER_FILE: "wählen Sie eine Datei mit der Endung {types}",
        Wrong.TOO_MUCH: "alle Antworten zusammen sind zu lang",
    },
)
SWEDISH = Words(
    next="Nästa",
    back="Tillbaka",
    page="Sida {number} av {count}",
    needed="obligatoriskt",
    choose="Välj",
    look_again="Se över de här svaren:",
    sum="Vad är {first} plus {second}?",
    solve="det är inte summan",
    quick="Det gick fort. Vänta ett ögonblick och skicka sedan igen.",
    stale="Sidan var öppen för länge. Lös den nya uppgiften och skicka igen.",
    trap="Lämna detta tomt",
    check_mail="Titta i din inkorg",
    confirm_within="Vi har skickat ett mejl till dig. Dina svar gäller när du har bekräftat dem med länken i det, "
    "inom {minutes} minuter.",
    confirm="Bekräfta",
    please_confirm="Bekräfta",
    too_late="Det var för sent",
    too_late_text="Tiden för att bekräfta har gått ut. Fyll i formuläret en gång till.",
    wrong={
        Wrong.NEEDED: "det här behövs",
        Wrong.NOT_OFFERED: "välj ett av svaren som erbjuds",
        Wrong.TOO_LONG: "skriv högst {most} tecken",
        Wrong.NO_ADDRESS: "skriv en e-postadress, till exempel name@example.org",
        Wrong.NO_DATE: "ange ett datum, till exempel 2026-11-24",
        Wrong.NO_FILE: "välj en fil",
        Wrong.LARGE_FILE: "välj en fil på högst {most} byte",
        Wrong.OTHER_FILE: "välj en fil som slutar på {types}",
        Wrong.TOO_MUCH: "alla svar tillsammans är för långa",
    },
)
BY_LANGUAGE = {"en": ENGLISH, "de": GERMAN, "sv": SWEDISH}


def words(language: str) -> Words:
    """English where there are no others."""
    return BY_LANGUAGE.get(language.partition("-")[0].lower(), ENGLISH)
