"""What the name of a field says about its value: the vocabulary of keys and the category each one implies."""

from __future__ import annotations

import re
from functools import lru_cache

# Written as words joined in lower case; matched on whole words of a key or on neighbouring words joined.
_VOCABULARY = {
    "SECRET": """
        password passwd passphrase passwort pwd passcode motdepasse contrasena secret secretkey apikey accesskey
        accesskeyid privatekey clientsecret authkey authtoken accesstoken refreshtoken idtoken bearertoken token
        authorization bearer credential credentials jwt signature connectionstring dsn encryptionkey signingkey
        masterkey sharedkey accountkey storagekey webhook webhookurl cookie setcookie session sessionid sessionkey
        sessiontoken csrf csrftoken xsrftoken sastoken pin otp totp mfacode recoverycode securityanswer deploykey
        sshkey apitoken apisecret xapikey presharedkey saltkey licensekey
    """,
    "PERSON": """
        firstname lastname middlename fullname givenname familyname surname forename maidenname nickname
        displayname personname legalname realname cardholder cardholdername accountholder holdername customername
        patientname employeename contactname ownername authorname username2 sendername recipientname receivername
        beneficiaryname applicant applicantname policyholder insured tenantname drivername passenger passengername
        guestname membername studentname teachername agentname operatorname reviewername annotatorname clientname
        signatory spouse mothersname fathersname mothermaidenname namemale namefemale firstnamemale
        firstnamefemale lastnamemale lastnamefemale author reporter assignee assignedto reportedby createdby
        updatedby modifiedby approvedby reviewedby submittedby owner reviewer annotator customer patient employee
        vorname nachname nom prenom nombre apellido apellidos cognome person requestedby attendee attendees
        participants
    """,
    "USERNAME": """
        userid userlogin login loginname loginid accountname screenname handle twitterhandle username user uid
        useraccount samaccountname upn userprincipalname principal actor performedby owneruser githubuser
        slackuser
    """,
    "EMAIL_ADDRESS": """email emailaddress mail mailto emailid contactemail useremail replyto recipient recipients
        correo courriel""",
    "PHONE_NUMBER": """
        phone phonenumber telephone telephonenumber mobile mobilenumber mobilephone cellphone cell fax faxnumber
        msisdn whatsapp contactnumber callerid tel telefon telefono handynummer landline sms smsnumber
    """,
    "ADDRESS": """
        address streetaddress homeaddress billingaddress shippingaddress mailingaddress postaladdress street
        streetname addressline addressline1 addressline2 addr road avenue apartment building buildingnumber suite
        houseno housenumber pobox secondaryaddress deliveryaddress residence strasse hausnummer adresse direccion
        indirizzo adres premises
    """,
    "GOVERNMENT_ID": """
        ssn socialsecurity socialsecuritynumber sin nino itin taxid taxpayerid taxpayeridentification vatid
        vatnumber passport passportnumber passportno driverlicense driverslicense drivinglicense driverlicence
        drivinglicence driverslicence licenseplate licenceplate licenceno licplate numberplate plate platenumber
        vehicleplate vin idcard identitycard nationalid nationalidentity nationalidnumber documentnumber
        governmentid steuerid personalausweis nif dni bsn codicefiscale aadhaar curp cpf nationalinsurance voterid
        visanumber licensenumber licenseno dlnumber registrationplate nhsnumber medicarenumber greencard alienid
        residencepermit
    """,
    "DEVICE_ID": """
        imei internationalmobileequipment imsi iccid macaddress mac devicemac deviceid deviceserial serialnumber
        serialno hardwareid udid advertisingid idfa gaid meid esn devicefingerprint browserfingerprint
    """,
    "IP_ADDRESS": """
        ipaddress ipaddr ip ipv4 ipv6 clientip remoteaddr remotehost remoteip userip sourceip srcip dstip
        xforwardedfor forwardedfor peeraddress peerip hostip xrealip
    """,
    "BANK_ACCOUNT": """
        iban internationalbankaccount internationalbankaccountnumber bban basicbankaccountnumber bankaccount
        bankaccountnumber accountiban routing routingnumber aba abarouting abaroutingnumber swift swiftcode bic
        sortcode kontonummer bankcode transitnumber banknumber
    """,
    "CREDIT_CARD": """
        creditcard creditcardnumber debitcard cardnumber ccnumber ccnum cardno pan cvv cvc cvv2 securitycode
        creditcardexpire cardexpiry cardexpiration ccexp creditcardexpiry creditcardcode
    """,
    "ACCOUNT_ID": """
        accountnumber accountno accountid acctno acctid acct accountnum memberid membernumber membershipid
        patientid patientno mrn medicalrecord medicalrecordnumber customerid customerno customernumber clientid
        clientnumber personid employeeid employeeno employeenumber staffid studentid beneficiaryid policynumber
        policyno contractnumber contractno contractid meternumber loyaltynumber subscriberid subscribernumber
        insuranceid insurancenumber claimnumber kundennummer vertragsnummer invoicenumber bookingreference
        frequentflyer cardid caseholder userguid accountref customerref account walletaddress wallet pnr badge
        badgenumber policyid meterid meterpoint
    """,
    "DATE_OF_BIRTH": """dob birthdate dateofbirth birthday birth born geburtsdatum birthyear yearofbirth""",
    "AGE": """age ageyears patientage customerage userage""",
    "DEMOGRAPHIC": """
        gender sex sexuality sexualorientation race ethnicity ethnic nationality nation citizenship religion
        maritalstatus marital occupation profession jobtitle job jobname employer nationwoman nationman
        nationplural politicalparty politicalaffiliation familystatus
    """,
    "HEALTH": """
        diagnosis diagnoses icd icd10 icdcode medication medications allergy allergies bloodtype symptom symptoms
        disability medicalcondition prescription
    """,
    "LOCATION": """
        city town village municipality statename stateabbr province county postal postcode postalcode zip zipcode
        placeofbirth birthplace hometown plz ort ciudad ville country countrycode countryname region state
        district nationstate
    """,
    "COORDINATE": """
        lat latitude lon lng longitude coordinate coordinates geo geolocation gps latlng latlon geopoint
    """,
    "ORGANIZATION": """company companyname businessname organization organisation organizationname
        organisationname employername
        school university hospital firma""",
    "AMOUNT": """salary income annualincome monthlyincome wage wages networth accountbalance""",
    "URL": """url website homepage webpage siteurl profileurl avatarurl""",
    "HOSTNAME": """hostname domainname fqdn domain machinename computername workstation""",
    "DATE_TIME": """date datetime dateofvisit admissiondate dischargedate hiredate expirydate expirationdate""",
}
# These say something only when they are the whole key, or its last word.
_ONLY_WHOLE = frozenset(
    [
        "user",
        "account",
        "customer",
        "patient",
        "employee",
        "person",
        "owner",
        "author",
        "reporter",
        "assignee",
        "reviewer",
        "annotator",
        "token",
        "secret",
        "session",
        "cookie",
        "signature",
        "mail",
        "ip",
        "mac",
        "pin",
        "pan",
        "sin",
        "cell",
        "plate",
        "street",
        "road",
        "avenue",
        "building",
        "suite",
        "premises",
        "country",
        "region",
        "state",
        "province",
        "county",
        "district",
        "domain",
        "url",
        "date",
        "job",
        "nation",
        "race",
        "age",
        "sex",
        "birth",
        "born",
        "geo",
        "lat",
        "lon",
        "lng",
        "company",
        "school",
        "university",
        "hospital",
        "handle",
        "principal",
        "actor",
        "recipient",
        "recipients",
        "login",
        "residence",
        "signatory",
        "school",
        "ort",
        "nom",
        "nombre",
        "tel",
        "sms",
        "uid",
        "acct",
        "wallet",
        "badge",
        "swift",
        "bic",
        "aba",
        "routing",
        "visa",
        "vin",
        "esn",
        "county",
        "dsn",
        "webhook",
        "bearer",
        "otp",
        "passport",
        "fax",
        "phone",
        "mobile",
        "cellphone",
        "insured",
        "nation",
        "attendee",
        "attendees",
        "participants",
        "passenger",
        "applicant",
        "spouse",
        "city",
        "town",
        "village",
        "postal",
        "address",
        "addr",
        "postcode",
        "zip",
        "wage",
        "wages",
        "salary",
        "income",
        "license",
        "symptom",
        "symptoms",
        "icd",
        "building",
        "workstation",
        "coordinates",
        "coordinate",
    ]
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
# Words beside a sensitive word that turn the field into a measurement or a setting.
_MEASURES = frozenset(
    [
        "count",
        "counts",
        "total",
        "max",
        "min",
        "limit",
        "limits",
        "length",
        "len",
        "size",
        "number_of",
        "num",
        "avg",
        "mean",
        "std",
        "rate",
        "ratio",
        "score",
        "scores",
        "usage",
        "budget",
        "type",
        "types",
        "tokenizer",
        "window",
        "format",
        "policy",
        "enabled",
        "expires",
        "expiry",
        "ttl",
        "version",
        "model",
        "embedding",
        "embeddings",
        "kind",
        "class",
        "label",
        "labels",
        "category",
        "status",
        "state_",
        "method",
        "prompt",
        "completion",
        "input",
        "output",
        "cached",
        "reasoning",
        "per",
        "id_type",
        "field",
        "column",
        "schema",
        "weight",
        "importance",
        "feature",
        "drift",
        "distance",
        "similarity",
        "loss",
        "hash_type",
        "generation",
        "step",
        "steps",
    ]
)
_PEOPLE = frozenset(
    [
        "user",
        "customer",
        "patient",
        "employee",
        "person",
        "owner",
        "author",
        "reporter",
        "contact",
        "client",
        "member",
        "account",
        "agent",
        "sender",
        "recipient",
        "caller",
        "applicant",
        "driver",
        "passenger",
        "guest",
        "student",
        "teacher",
        "holder",
        "beneficiary",
        "reviewer",
        "annotator",
        "annotators",
        "assignee",
        "people",
        "participant",
        "participants",
        "profile",
        "billing",
        "shipping",
        "claimant",
        "citizen",
        "resident",
        "tenant",
        "subscriber",
        "passengers",
        "users",
        "customers",
        "male",
        "female",
        "given",
        "family",
        "first",
        "last",
        "middle",
        "full",
        "legal",
        "maiden",
        "birth",
        "nonbinary",
        "spouse",
        "donor",
        "nurse",
        "doctor",
        "physician",
        "worker",
        "candidate",
    ]
)
_ADDRESS_FROM_ANYTHING = re.compile(r"address")


@lru_cache(maxsize=1)
def _category_by_word() -> dict[str, str]:
    return {word: category for category, words in _VOCABULARY.items() for word in words.split()}


def words_of(key: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(key)]


@lru_cache(maxsize=50_000)
def category_of_key(key: str, parent: str = "") -> str | None:
    """The category a key implies for its value; `parent` is the key above it. None says nothing."""
    words = words_of(key)
    if not words or len(key) > 80:
        return None
    known = _category_by_word()
    if any(word in _MEASURES for word in words):
        # "token_count" is a measurement, "email_status" is not an address; "policy_number" stays one.
        joined = "".join(words)
        return known.get(joined)
    while len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            joined = "".join(words[start : start + length])
            category = known.get(joined) or (known.get(joined.removesuffix("s")) if len(joined) > 5 else None)
            if category is None:
                continue
            singular = joined if joined in known else joined.removesuffix("s")
            is_last = start + length == len(words)
            if singular in _ONLY_WHOLE and not is_last:
                continue
            return category
    if words[-1] == "name" and (set(words[:-1]) & _PEOPLE or (len(words) == 1 and set(words_of(parent)) & _PEOPLE)):
        return "PERSON"
    if words[-1] in ("id", "number", "no", "nr", "ref", "reference", "code") and set(words[:-1]) & _PEOPLE:
        return "ACCOUNT_ID"
    if words in (["id"], ["uuid"], ["guid"], ["ref"]) and set(words_of(parent)) & _PEOPLE:
        return "ACCOUNT_ID"
    if words[-1] in ("key", "auth", "pass") and len(words) == 1:
        return "SECRET"
    return None


def is_maybe_a_name(key: str) -> bool:
    """Whether a field may hold a person's name as well as the name of a thing."""
    words = words_of(key)
    return bool(words) and words[-1] in (
        "name",
        "names",
        "contact",
        "from",
        "to",
        "cc",
        "by",
        "sender",
        "caller",
        "agent",
        "speaker",
    )
