/* SPDX-License-Identifier: MIT */
#include "grid/yearly.h"

#include <string.h>

static const struct {
    char two[3];
    char three[4];
    intensity level; /* mg/kWh */
} countries[] = {
    {"AM", "ARM", 206522}, {"AR", "ARG", 365292}, {"AT", "AUT", 145083},
    {"AU", "AUS", 526876}, {"AZ", "AZE", 536585}, {"BA", "BIH", 470982},
    {"BD", "BGD", 559606}, {"BE", "BEL", 156063}, {"BG", "BGR", 364136},
    {"BI", "BDI", 275862}, {"BO", "BOL", 311475}, {"BR", "BRA", 144677},
    {"BY", "BLR", 472727}, {"CA", "CAN", 123859}, {"CH", "CHE", 58952},
    {"CL", "CHL", 395565}, {"CN", "CHN", 549288}, {"CR", "CRI", 30903},
    {"CY", "CYP", 601190}, {"CZ", "CZE", 401272}, {"DE", "DEU", 363982},
    {"DK", "DNK", 240419}, {"EC", "ECU", 132964}, {"EE", "EST", 488529},
    {"EG", "EGY", 470879}, {"ES", "ESP", 193737}, {"FI", "FIN", 152651},
    {"FR", "FRA", 67781},  {"GB", "GBR", 268255}, {"GE", "GEO", 105685},
    {"GR", "GRC", 363388}, {"HR", "HRV", 212161}, {"HU", "HUN", 236271},
    {"IE", "IRL", 361274}, {"IN", "IND", 632656}, {"IT", "ITA", 340937},
    {"JP", "JPN", 460647}, {"KE", "KEN", 104000}, {"KR", "KOR", 442389},
    {"KZ", "KAZ", 656097}, {"LT", "LTU", 247475}, {"LU", "LUX", 183824},
    {"LV", "LVA", 226351}, {"MD", "MDA", 642512}, {"ME", "MNE", 335958},
    {"MK", "MKD", 444191}, {"MN", "MNG", 725260}, {"MT", "MLT", 452055},
    {"MX", "MEX", 391582}, {"NL", "NLD", 386189}, {"NO", "NOR", 26131},
    {"PE", "PER", 241492}, {"PH", "PHL", 579689}, {"PK", "PAK", 363065},
    {"PL", "POL", 657138}, {"PT", "PRT", 222632}, {"RO", "ROU", 255718},
    {"RS", "SRB", 549083}, {"RU", "RUS", 355431}, {"SA", "SAU", 568967},
    {"SE", "SWE", 43900},  {"SG", "SGP", 488210}, {"SI", "SVN", 241956},
    {"SK", "SVK", 173854}, {"SN", "SEN", 540098}, {"SV", "SLV", 180870},
    {"TH", "THA", 503034}, {"TJ", "TJK", 72823},  {"TN", "TUN", 470848},
    {"TR", "TUR", 432293}, {"TW", "TWN", 565629}, {"UA", "UKR", 240280},
    {"US", "USA", 378625}, {"VN", "VNM", 491192}, {"ZA", "ZAF", 706991},
};

/* Whether a zone's name begins with a code, and with no longer word. */
static bool begins_with(const char *zone, const char *code)
{
    size_t length = strlen(code);

    return strncmp(zone, code, length) == 0
           && (zone[length] == '\0' || zone[length] == '-' || zone[length] == '_');
}

bool yearly_find(const char *zone, intensity *level)
{
    for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
        if (begins_with(zone, countries[i].two)
            || begins_with(zone, countries[i].three)) {
            *level = countries[i].level;
            return true;
        }
    }
    return false;
}
