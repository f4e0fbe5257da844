#include "agent/postgres/formats/described_settings.h"

#include <catch2/catch.hpp>

using namespace tamada::agent;

namespace {

const DescribedSettings known = parse_described_settings(
    "archive_mode\tpostmaster\tWrite-Ahead Log / Archiving\tENUM\toff\t\t\tAllows archiving.\t\n"
    "archive_timeout\tsighup\tWrite-Ahead Log / Archiving\tINTEGER\t0\t0\t1073741823\tSets.\t\n"
    "work_mem\tuser\tResource Usage / Memory\tINTEGER\t4096\t64\t2147483647\tSets.\tThis.\n"
    "seq_page_cost\tuser\tQuery\tREAL\t1\t0\t1.79769e+308\tSets.\t\n"
    "fsync\tsighup\tWrite\tBOOLEAN\ttrue\t\t\tForces.\t\n"
    "DateStyle\tuser\tClient\tSTRING\tISO, MDY\t\t\tSets.\t\n"
    "broken\tuser\n\tuser\tx\tENUM\t\t\t\t\t\nodd\tnever\tx\tENUM\t\t\t\t\t\n");

using Kind = SettingFinding::Kind;

}  // namespace

TEST_CASE("the settings that a server describes are read", "[described_settings]") {
  CHECK(known.size() == 6);
  CHECK(known.at("archive_mode") ==
        DescribedSetting{SettingContext::postmaster, SettingType::enumeration, std::nullopt, std::nullopt});
  CHECK(known.at("work_mem") == DescribedSetting{SettingContext::user, SettingType::integer, 64, 2147483647});
  CHECK(known.at("datestyle").type == SettingType::string);
  CHECK(known.at("fsync").context == SettingContext::sighup);
}

TEST_CASE("one bad setting keeps no other one back", "[described_settings]") {
  const FilteredSettings filtered = filter_settings({{"work_mem", "8MB"},
                                                     {"Archive_Mode", "on"},
                                                     {"no_such_setting", "1"},
                                                     {"fsync", "perhaps"},
                                                     {"archive_timeout", "-5"},
                                                     {"seq_page_cost", "x"},
                                                     {"auto_explain.log_min_duration", "10s"},
                                                     {"zero_damaged_pages", "off"},
                                                     {"port", "1"},
                                                     {"primary_conninfo", "host=x"}},
                                                    known);
  CHECK(filtered.taken == Settings{{"work_mem", "8MB"},
                                   {"archive_mode", "on"},
                                   {"archive_timeout", "0"},
                                   {"auto_explain.log_min_duration", "10s"},
                                   {"zero_damaged_pages", "off"}});
  CHECK(filtered.findings ==
        std::vector<SettingFinding>{{Kind::out_of_range, "archive_timeout", "-5", "0"},
                                    {Kind::wrong_value, "fsync", "perhaps", std::nullopt},
                                    {Kind::unknown_name, "no_such_setting", "1", std::nullopt},
                                    {Kind::set_by_agent, "port", "1", std::nullopt},
                                    {Kind::set_by_agent, "primary_conninfo", "host=x", std::nullopt},
                                    {Kind::wrong_value, "seq_page_cost", "x", std::nullopt}});
}

TEST_CASE("a number with a unit must be one", "[described_settings]") {
  CHECK(filter_settings({{"work_mem", "lots MB"}}, known).findings.at(0).kind == Kind::wrong_value);
  CHECK(filter_settings({{"work_mem", "1 gb"}}, known).findings.at(0).kind == Kind::wrong_value);
  CHECK(filter_settings({{"work_mem", "0x100"}}, known).findings.empty());
  CHECK(filter_settings({{"archive_timeout", "5min"}}, known).findings.empty());
}

TEST_CASE("without an answer of the program only the agent's own settings are judged",
          "[described_settings]") {
  const FilteredSettings filtered = filter_settings({{"anything", "1"}, {"port", "2"}}, {});
  CHECK(filtered.taken == Settings{{"anything", "1"}});
  CHECK(filtered.findings.size() == 1);
}
