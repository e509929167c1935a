#include "format/json.h"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "format/fields.h"

namespace tcptrail::format {
namespace {

using model::Kind;
using model::KindCounts;

// Texts of values that never change, as of a process: to write one anew for each of its events takes longer
// than all the rest of the line. The values are kept, so that none can have the address of one before.
// Bounded; one for a thread.
class Texts {
 public:
  // Null if it is not there.
  const std::string* find(const std::shared_ptr<const void>& value) const {
    const Entry& entry = entries_[place_of(value)];
    return entry.value == value ? &entry.text : nullptr;
  }

  void put(const std::shared_ptr<const void>& value, std::string_view text) {
    if (text.size() > kMostText) return;
    Entry& entry = entries_[place_of(value)];
    entry.value = value;
    entry.text = text;
  }

 private:
  static constexpr std::size_t kEntries = 1024;
  static constexpr std::size_t kMostText = 2048;
  struct Entry {
    std::shared_ptr<const void> value;
    std::string text;
  };

  static std::size_t place_of(const std::shared_ptr<const void>& value) {
    return std::hash<const void*>()(value.get()) * 0x9e3779b97f4a7c15ULL >> 54U;
  }
  static_assert(kEntries == 1U << (64U - 54U));

  std::vector<Entry> entries_ = std::vector<Entry>(kEntries);
};

// An object, from its first brace to its last. Not by RapidJSON, whose writer looks at each character of each
// name: a line takes more than twice as long with it.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void token(std::string_view name, std::string_view text) {
    key(name);
    out_ += '"';
    out_ += text;
    out_ += '"';
  }

  void untrusted(std::string_view name, std::string_view text) {
    key(name);
    append_json_string(out_, text);
  }

  void number(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(out_, value);
  }

  void flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }

  template <typename Fields>
  void unchanging(const std::shared_ptr<const void>& value, const Fields& fields) {
    static thread_local Texts texts;
    if (const std::string* const text = texts.find(value)) {
      out_ += *text;
      return;
    }
    const std::size_t begin = out_.size();
    fields();
    texts.put(value, std::string_view(out_).substr(begin));
  }

  void texts(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    char separator = '[';
    for (const std::string& value : values) {
      out_ += separator;
      append_json_string(out_, value);
      separator = ',';
    }
    out_ += ']';
  }

  void ancestors(std::string_view name, const model::Ancestor& nearest) {
    key(name);
    char separator = '[';
    for (const auto* ancestor = &nearest; ancestor != nullptr; ancestor = ancestor->parent.get()) {
      out_ += separator;
      ObjectWriter object(out_);
      object.number("pid", ancestor->pid);
      object.untrusted("comm", ancestor->comm.view());
      if (!ancestor->exe.empty()) object.untrusted("exe", ancestor->exe);
      separator = ',';
    }
    out_ += ']';
  }

  // Of the kinds that were asked for, else of those that are not zero.
  void counts(std::string_view name, const KindCounts& counts, const model::Accounting* asked) {
    key(name);
    ObjectWriter object(out_);
    if (asked != nullptr) {
      for (const Kind kind : model::shown_kinds(*asked)) object.number(name_of(kind), counts[kind]);
    } else {
      for (std::size_t i = 0; i < model::kCountedKinds; ++i) {
        const auto kind = static_cast<Kind>(i);
        if (counts[kind] != 0) object.number(name_of(kind), counts[kind]);
      }
    }
  }

 private:
  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
};

}  // namespace

void Json::append(std::string& out, const model::Event& event) {
  {
    ObjectWriter object(out);
    visit_fields(event, object);
  }
  out += '\n';
}

}  // namespace tcptrail::format
