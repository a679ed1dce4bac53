"""How mail programs of each language introduce what they quote, forward or sign. Data only; words are case-folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """Words of one language, alternatives separated by "|".

    `starts` and `verbs` make an attribution ("On 5 May, Ana wrote:"); `from_` to `reply_to` are the labels of a header
    block; `forwarded` and `original` what stands over one; `signatures` how a telephone signs.
    """

    starts: str
    verbs: str
    from_: str
    date: str
    to: str
    cc: str
    subject: str
    reply_to: str
    forwarded: str
    original: str
    signatures: str = ""


LANGUAGES: Final = {
    "en": Language(
        "on|at|in message|in article", "wrote|writes|said|wrote on|write", "from|sender", "date|sent|sent at", "to", "cc|bcc", "subject", "reply-to|reply to|importance|attachments|organization|organisation|resent-from|resent-to|priority",
        "forwarded message|begin forwarded message|forwarded by|forwarded e-mail|forwarded email|forwarded mail|fwd", "original message|original email|original e-mail|reply message|original appointment",
        "sent from|sent via|sent with|sent by|sent using|sent on|get outlook for|get bluemail|from my iphone|from my ipad|from my android|from mobile|someone from mobile|from a mobile|composed on|typed on",
    ),
    "es": Language(
        "el", "escribió|escribio|ha escrito|escribía", "de|remitente", "fecha|enviado|enviado el|enviada el|enviado a las", "para|a", "cc|cco|copia", "asunto", "responder a|responder-a",
        "mensaje reenviado|mensaje remitido|inicio del mensaje reenviado|comienzo del mensaje reenviado|mensagem reenviada", "mensaje original|correo original", "enviado desde|enviado con|obtener outlook para|obtén outlook para",
    ),
    "pt": Language(
        "em|no dia|a|na|no", "escreveu|escreve|wrote", "de", "data|enviado|enviada|enviado em|enviada em", "para", "cc|cco|c/c", "assunto", "responder a|responder para",
        "mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada|mensagem original reencaminhada|iniciar mensagem reencaminhada", "mensagem original", "enviado do|enviado de|enviada do|enviado a partir|enviado via|obter o outlook|obtenha o outlook",
    ),
    "pl": Language(
        "w dniu|dnia|wiadomość napisana przez|pon.|wt.|śr.|czw.|pt.|sob.|niedz.|on|w dn.", "pisze|napisał|napisała|napisał(a)|napisał/a|napisano|napisali|użytkownik", "od|nadawca", "data|wysłano|wysłane|data wysłania", "do", "dw|dw.|kopia|do wiadomości|udw", "temat", "odpowiedz do|adres zwrotny",
        "treść przekazanej wiadomości|przekazana wiadomość|wiadomość przekazana|wiadomość przekazana dalej|początek przekazywanej wiadomości|początek przekazanej wiadomości|forwarded message|przesłana wiadomość|wiadomość przesłana dalej", "wiadomość oryginalna|oryginalna wiadomość|wiadomość pierwotna|pierwotna wiadomość", "wysłane z|wysłano z|wyślij z|pobierz program outlook|pobierz aplikację outlook|uzyskaj outlooka",
    ),
    "it": Language(
        "il|in data|il giorno|alle|nel", "ha scritto|scrive|scritto", "da|mittente", "data|inviato|inviata|inviato il|data invio", "a|destinatario", "cc|ccn", "oggetto", "rispondi a|risposta",
        "messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|messaggio girato", "messaggio originale|messaggio originario", "inviato da|inviato dal|inviato con|scarica outlook per|ottieni outlook per",
    ),
    "de": Language(
        "am|vom|um|in|der|schrieb|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mo.|di.|mi.|do.|fr.|sa.|so.", "schrieb|schrieb am|schrieben|hat geschrieben|geschrieben|schreibt", "von|absender", "datum|gesendet|gesendet am|gesendet:|sent", "an|empfänger", "cc|kopie|kopie an|bcc", "betreff", "antwort an|antwort-an",
        "weitergeleitete nachricht|anfang der weitergeleiteten nachricht|beginn der weitergeleiteten nachricht|weitergeleitete e-mail|weitergeleitet von", "ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|originalmail|ursprüngliche e-mail|urspruengliche nachricht", "gesendet von|gesendet mit|von meinem…gesendet|diese nachricht wurde…gesendet|versendet mit|holen sie sich outlook|outlook für",
    ),
    "fr": Language(
        "le|en date du|dans le message|date", "a écrit|écrit|écrivit|a ecrit|écrivait", "de|expéditeur|par", "date|envoyé|envoyé le|envoye|date d'envoi", "à|a|pour|destinataire|vers", "cc|copie à|copie|cci", "objet|sujet", "répondre à",
        "message transféré|début du message transféré|début du message réexpédié|message transmis|mail transféré|message transféré par|message suivi", "message d'origine|message original|message initial|courriel original|message d’origine", "envoyé de|envoyé depuis|envoyé à partir|envoyé avec|télécharger outlook|obtenir outlook|envoyé par",
    ),
    "nl": Language(
        "op|om|in|van", "schreef|het volgende geschreven|geschreven|schreef op|heeft geschreven", "van|afzender", "datum|verzonden|verstuurd|verzonden op", "aan", "cc|bcc|kopie", "onderwerp", "antwoord aan|beantwoorden",
        "doorgestuurd bericht|begin doorgestuurd bericht|doorgestuurde bericht|begin van doorgestuurd bericht", "oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht", "verzonden met|verzonden vanaf|verzonden van|verstuurd vanaf|verstuurd met|verstuurd via|outlook voor",
    ),
    "sv": Language(
        "den|på|kl.|mån|tis|ons|tors|fre|lör|sön", "skrev|skriver", "från|avsändare", "datum|skickat|skickad|sänt", "till", "kopia|cc|hemlig kopia", "ämne", "svara till|svar till",
        "vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mail|påbörjat vidarebefordrat meddelande|vidarebefordrat mejl|start på vidarebefordrat meddelande", "ursprungligt meddelande|originalmeddelande|ursprungsmeddelande", "skickat från|skickades från|hämta outlook",
    ),
    "da": Language(
        "den|d.|på|kl.|man.|tir.|tirs.|ons.|tor.|tors.|fre.|lør.|søn.", "skrev|skriver|skrev følgende", "fra|afsender", "dato|sendt|sendt den", "til", "cc|kopi", "emne", "svar til|besvar til",
        "videresendt besked|videresendt meddelelse|start på videresendt besked|videresendt meddelelse|begynd videresendt besked", "oprindelig meddelelse|oprindelig besked|original meddelelse", "sendt fra|sendt med|hent outlook",
    ),
    "no": Language(
        "den|på|kl.|man.|tir.|tirs.|ons.|tor.|tors.|fre.|lør.|søn.", "skrev|skriver|skrev følgende", "fra|avsender", "dato|sendt", "til", "kopi|cc|blindkopi", "emne", "svar til",
        "videresendt melding|videresendt e-post|start på videresendt melding|begynnelse på videresendt melding", "opprinnelig melding|original melding|opprinnelig e-post", "sendt fra|skaff deg outlook|få outlook",
    ),
    "fi": Language(
        "ma|ti|ke|to|pe|la|su|klo|on", "kirjoitti|kirjoittaa", "lähettäjä|keneltä", "päivämäärä|lähetetty|päiväys|pvm|lähetysaika", "vastaanottaja|kenelle", "kopio|cc", "aihe|otsikko", "vastausosoite|vastaus",
        "välitetty viesti|edelleen lähetetty viesti|välitetty viesti alkaa|edelleenlähetetty viesti|lähetetty edelleen|alkaa välitetty viesti|välitetty viesti alkaa", "alkuperäinen viesti", "lähetetty…puhelimesta|lähetetty…iphonesta|hanki outlook",),
    "ru": Language(
        "в|от|пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|on", "писал|писал(а)|писала|написал|написала|написал(а)|пишет|пользователь", "от|от кого|отправитель", "дата|отправлено|отправлен|послано|дата отправки", "кому|получатель", "копия|копии|скрытая копия", "тема|предмет", "ответить на|ответить|обратный адрес",
        "пересылаемое сообщение|пересланное сообщение|начало переадресованного сообщения|начало пересылаемого сообщения|перенаправленное сообщение|пересылаемое письмо|переадресованное сообщение|начало пересланного сообщения", "исходное сообщение|оригинальное сообщение|исходное письмо", "отправлено с|отправлено из|послано с|скачать outlook",
    ),
    "uk": Language(
        "в|у|від|пн|вт|ср|чт|пт|сб|нд|понеділок|вівторок|середа|четвер|пʼятниця|субота|неділя", "пише|написав|написала|написав(ла)|писав|написав(-ла)|користувач", "від|від кого", "дата|надіслано|відправлено", "кому", "копія", "тема", "відповісти",
        "переслане повідомлення|початок листа, що пересилається|початок пересланого повідомлення|перенаправлене повідомлення|пересланий лист|початок переадресованого повідомлення", "оригінальне повідомлення|початкове повідомлення|вихідне повідомлення", "надіслано з|відправлено з",
    ),
    "cs": Language(
        "dne|v|po|út|st|čt|pá|so|ne|on", "napsal|napsala|napsal(a)|napsal/a|píše|odesláno", "od|odesílatel", "datum|odesláno|odesláno dne", "komu|pro|příjemce", "kopie|cc", "předmět|věc", "odpověď komu|odpovědět komu",
        "přeposlaná zpráva|předávaná zpráva|začátek přeposílané zprávy|přeposlaný e-mail|začátek přeposlané zprávy|přeposílaná zpráva", "původní zpráva|originální zpráva|původní e-mail", "odesláno z|odesláno přes|získat outlook",
    ),
    "sk": Language(
        "dňa|v|po|ut|st|št|pi|so|ne", "napísal|napísala|napísal(a)|napísal/a|píše|použivateľ|používateľ", "od|odosielateľ", "dátum|odoslané|poslané", "komu|pre|príjemca", "kópia|cc", "predmet|vec", "odpovedať komu",
        "preposlaná správa|preposlaná správa – začiatok|začiatok preposielanej správy|začiatok preposlanej správy|preposielaná správa|forwarded message|preposlaný e-mail", "pôvodná správa|originálna správa", "odoslané z",
    ),
    "hu": Language(
        "ezt írta|dátum|on", "írta|ezt írta|írta:|időpontban|a következőt írta", "feladó|küldő", "dátum|elküldve|küldve", "címzett|címzettek", "másolat|másolatot kap", "tárgy", "válaszcím",
        "továbbított üzenet|továbbított levél|továbbított üzenet kezdete|a továbbított üzenet eleje|továbbított e-mail", "eredeti üzenet|eredeti levél", "…küldve",
    ),
    "ro": Language(
        "în|pe|la data|la", "a scris|scris", "de la|expeditor", "data|trimis|dată", "către|catre|la", "cc|copie", "subiect|subiectul", "răspunde către",
        "mesaj redirecționat|început mesaj redirecționat|mesaj redirectionat|mesajul redirecționat|mesaj înaintat|începutul mesajului redirecționat|mesaj transmis", "mesaj original|mesajul original", "trimis de pe|trimis din",
    ),
    "hr": Language(
        "dana|u|dne|na", "napisao|napisala|napisao/la|napisao je|je napisao|je napisala|je napisao/la|napisao(la)", "od|šalje", "datum|poslano|slano", "za|prima|prema", "kopija|cc|kopija za", "predmet", "odgovori na",
        "proslijeđena poruka|započni proslijeđenu poruku|proslijeđena e-poruka|prosljeđena poruka|početak proslijeđene poruke|proslijedena poruka", "izvorna poruka|originalna poruka", "poslano s",
    ),
    "tr": Language(
        "on|tarihinde", "yazdı|şunu yazdı|şunları yazdı|tarihinde", "kimden|gönderen", "tarih|gönderildi|gönderilme tarihi|gönderim", "kime|alıcı", "bilgi|cc|kopya", "konu", "yanıt adresi|yanıtla",
        "iletilen mesaj|yönlendirilmiş ileti|iletilmiş ileti|i̇letilmiş mesaj|i̇letilen mesaj|i̇letilen ileti|iletilmiş mesaj|yönlendirilen ileti|i̇leti başlangıcı|yönlendirilen mesaj|i̇letilen i̇leti|i̇letilmiş ileti başlangıcı", "özgün ileti|orijinal mesaj|özgün mesaj|asıl ileti", "…gönderildi",
    ),
    "et": Language("kuupäeval|e|t|k|n|r|l|p", "kirjutas", "saatja|kellelt|from", "kuupäev|saadetud|date", "saaja|kellele|to", "koopia|cc", "teema|subject", "vasta", "edastatud kiri|edastatud sõnum|forwarded message", "algne sõnum|algne kiri", "saadetud"),
    "el": Language("στις|την", "έγραψε", "από", "ημερομηνία|στάλθηκε|εστάλη", "προς", "κοιν.|κοινοποίηση", "θέμα", "απάντηση", "προωθημένο μήνυμα|αρχή προωθημένου μηνύματος", "αρχικό μήνυμα", "στάλθηκε από"),
    "zh": Language(
        "在|于|於|星期|周|週|日期", "写道|寫道|写到|寫到|撰寫|撰写|發文|来信", "发件人|寄件者|寄件人|發件人|发自|從|从", "日期|发送时间|發送時間|寄件日期|發送日期|发送日期|傳送時間|时间|時間", "收件人|收件者|至", "抄送|副本|副本抄送|密送", "主题|主旨|主題|题目", "回复|回覆至|答复",
        "转发的邮件|轉寄郵件|转发邮件|已转发邮件|轉寄的郵件|轉發郵件|轉寄訊息|已轉寄郵件|转发的信息|開始轉寄訊息|邮件转发|開始轉寄郵件", "原始邮件|原始郵件|原邮件|原郵件|邮件原件|原始訊息|原始信件", "发自我的|發自我的|从我的…发送|從我的…傳送|发送自",
    ),
    "ja": Language(
        "on|日時", "wrote|のメール|書きました|は書きました|より", "差出人|送信元|送信者|from", "日付|日時|送信日時|送信日|date", "宛先|送信先|to", "cc|コピー", "件名|subject", "返信先",
        "転送されたメッセージ|メッセージを転送|転送メッセージ|このメッセージを転送|転送されたメール|元のメッセージを転送|転送", "元のメッセージ|オリジナルメッセージ|元のメール", "…から送信",
    ),
    "ko": Language("", "작성|님이 작성|님이 작성한 메시지|쓰셨습니다|썼습니다", "보낸 사람|보낸사람|발신자|발신", "날짜|보낸 날짜|보냄|보낸날짜", "받는 사람|받는사람|수신자|수신", "참조", "제목", "답장", "전달된 메시지|전달된 메일|전달 메시지", "원본 메시지|원본 메일|원본메시지", "내…에서 보냄"),
}  # fmt: skip
