// The filters of user space: what passes, and that whatever lacks what is asked for does not.

#include "cli/event_filter.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tcptrail::cli {
namespace {

using model::Event;
using model::Filter;

std::shared_ptr<const model::Program> program(const std::string& exe) {
  auto made = std::make_shared<model::Program>();
  made->exe = exe;
  return made;
}

Event an_event() {
  Event event;
  event.kind = model::Kind::kConnect;
  event.conn.owner.emplace().comm = model::Comm("curl");
  auto init = std::make_shared<model::Ancestor>();
  init->comm = model::Comm("systemd");
  init->exe = "/usr/lib/systemd/systemd";
  auto shell = std::make_shared<model::Ancestor>();
  shell->comm = model::Comm("sh");
  shell->parent = init;
  auto process = std::make_shared<model::Process>();
  process->program = program("/usr/bin/curl");
  process->ancestors = shell;
  event.conn.process = process;
  event.conn.container =
      std::make_shared<const model::Container>(model::Container{"0123abcd", "docker", "web-1", ""});
  event.conn.remote_name = std::make_shared<const std::string>("www.example.org");
  return event;
}

bool passes(const Filter& filter, const Event& event = an_event()) {
  const auto wanted = event_filter(filter);
  return !wanted || wanted(event);
}

Filter by(std::vector<std::string> Filter::*list, std::vector<std::string> values) {
  Filter filter;
  filter.*list = std::move(values);
  return filter;
}

TEST(EventFilter, IsNoneWhereNothingIsAskedFor) {
  Filter filter;
  filter.pids = {1};

  EXPECT_FALSE(event_filter(filter));
}

TEST(EventFilter, TakesPatternsOfTheWholeText) {
  EXPECT_TRUE(passes(by(&Filter::comms, {"cu*"})));
  EXPECT_FALSE(passes(by(&Filter::comms, {"cur"})));
  EXPECT_TRUE(passes(by(&Filter::exes, {"*/curl"})));
  EXPECT_TRUE(passes(by(&Filter::exes, {"/usr/bin/*"})));
  EXPECT_FALSE(passes(by(&Filter::exes, {"cur"})));
}

TEST(EventFilter, TakesAPatternWithoutASlashForAProgramsNameToo) {
  for (const char* pattern : {"curl", "c*l", "*curl", "*/curl", "/usr/bin/curl"})
    EXPECT_TRUE(passes(by(&Filter::exes, {pattern}))) << pattern;
  for (const char* pattern : {"bin", "cur", "bin/curl"})
    EXPECT_FALSE(passes(by(&Filter::exes, {pattern}))) << pattern;
}

TEST(EventFilter, KnowsAnAncestorByItsNameOrProgram) {
  EXPECT_TRUE(passes(by(&Filter::ancestors, {"sh"})));
  EXPECT_TRUE(passes(by(&Filter::ancestors, {"systemd"})));
  EXPECT_TRUE(passes(by(&Filter::ancestors, {"*/systemd"})));
  EXPECT_FALSE(passes(by(&Filter::ancestors, {"curl"}))) << "the process itself is none";
}

TEST(EventFilter, KnowsAContainerByTheBeginningOfItsIdOrName) {
  EXPECT_TRUE(passes(by(&Filter::containers, {"0123"})));
  EXPECT_TRUE(passes(by(&Filter::containers, {"web"})));
  EXPECT_FALSE(passes(by(&Filter::containers, {"23ab"})));
  EXPECT_FALSE(passes(by(&Filter::containers, {"docker"})));
  EXPECT_TRUE(passes(by(&Filter::containers, {""}))) << "any container";
}

TEST(EventFilter, TakesNamesInUpperAndLowerCase) {
  EXPECT_TRUE(passes(by(&Filter::names, {"*.Example.ORG"})));
  EXPECT_FALSE(passes(by(&Filter::names, {"example.org"})));
}

TEST(EventFilter, TakesAnyValueOfOneOptionAndEveryOption) {
  Filter filter;
  filter.exes = {"/bin/nc", "/usr/bin/curl"};
  EXPECT_TRUE(passes(filter));
  filter.names = {"nowhere"};
  EXPECT_FALSE(passes(filter));
}

TEST(EventFilter, LetsNothingPassThatLacksWhatIsAskedFor) {
  const Event bare;
  for (const auto list : {&Filter::comms, &Filter::exes, &Filter::ancestors, &Filter::names})
    EXPECT_FALSE(passes(by(list, {"*"}), bare));
  EXPECT_FALSE(passes(by(&Filter::containers, {""}), bare));
}

}  // namespace
}  // namespace tcptrail::cli
