#include "tasks/dataset/json_lines.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {

Documents read_json_lines(const Path& path) {
  Documents documents;
  for_each_json_line(path, [&](int64_t line, Json row) {
    std::string where = fmt::format("{}:{}", path.string(), line);
    if (!row.is_object())
      throw Error(where, "is no object", "{\"column\": value, ..} on each line");
    documents.push_back({std::move(row), std::move(where)});
  });
  return documents;
}

}  // namespace e2lm
