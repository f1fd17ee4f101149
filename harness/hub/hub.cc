#include "harness/hub/hub.h"

#include <fmt/format.h>

#include <utility>

#include "harness/http/url.h"
#include "harness/hub/cache.h"

namespace e2lm {
namespace {

constexpr int kMostPages = 1000;
constexpr const char* kConnection = "a connection; HF_ENDPOINT may name a mirror";

// The URL of `Link: <URL>; rel="next"`, or "".
std::string next_page(const HttpResponse& response) {
  const std::string link = response.header("link");
  const size_t rel = link.find("rel=\"next\"");
  const size_t open = rel == std::string::npos ? rel : link.rfind('<', rel);
  const size_t close = open == std::string::npos ? open : link.find('>', open);
  if (close == std::string::npos) return "";
  return resolve_url(response.url, link.substr(open + 1, close - open - 1));
}

// The value is not shown: it can hold a password.
void require_url(const char* variable, const std::string& value) {
  try {
    origin_of(value);
  } catch (const Error&) {
    throw Error(variable, "is no URL of the web", "http:// or https:// and a server");
  }
}

}  // namespace

Error hub_error(const HttpError& failure, const std::string& subject, const HubSettings& settings) {
  const int status = failure.response.status;
  const std::string code = failure.response.first_header("x-error-code");
  const char* token = settings.token.empty() ? "a token in HF_TOKEN, or `hf auth login`"
                                             : "a token that has access, in HF_TOKEN";
  if (failure.kind != HttpError::Kind::status) {
    return {failure.what(), subject + " cannot be had", kConnection};
  }
  if (code == "GatedRepo") {
    return {subject, "is gated: its owners grant access on the repository's page", token};
  }
  if (code == "RevisionNotFound") return {subject, "the repository has no such revision"};
  if (code == "EntryNotFound") return {subject, "the revision has no such file"};
  // Of repositories and tokens the servers know nothing that the hub redirects to.
  const std::string who = origin_of(failure.response.url);
  const bool knows =
      who == origin_of(settings.endpoint) || who == origin_of(settings.rows_endpoint);
  if (code.empty() && !knows) return {failure.what(), subject + " cannot be had"};
  if (status == 401 || code == "RepoNotFound") {
    return {subject, "does not exist, or is private", token};
  }
  if (status == 403) return {subject, "access is refused", token};
  if (status == 404) return {subject, "does not exist"};
  return {failure.what(), subject + " cannot be had"};
}

void throw_hub_error(const HttpError& failure, const std::string& subject,
                     const HubSettings& settings) {
  if (failure.kind == HttpError::Kind::unreachable &&
      origin_of(failure.response.url) == origin_of(settings.endpoint)) {
    throw HubUnreachable(failure.what(), "the hub cannot be reached", kConnection);
  }
  throw hub_error(failure, subject, settings);
}

Hub::Hub(HubSettings settings, HttpOptions options, std::chrono::milliseconds failures_hold)
    : settings_(std::move(settings)), client_(std::move(options)), failures_hold_(failures_hold) {
  require_url("HF_ENDPOINT", settings_.endpoint);
  require_url("HF_DATASETS_SERVER", settings_.rows_endpoint);
}

void Hub::Failure::throw_again() const {
  if (why && Clock::now() < until) std::rethrow_exception(why);
}

std::string Hub::url(const std::string& repo, const std::string& commit,
                     const std::string& path) const {
  return fmt::format("{}/{}/resolve/{}/{}", settings_.endpoint, repo, commit,
                     escape_url(path, true));
}

Json Hub::ask(const std::string& url, const std::string& subject, std::string* next) const {
  if (settings_.offline) {
    throw Error("HF_HUB_OFFLINE", "is set, so " + subject + " cannot be asked for");
  }
  try {
    const HttpResponse response = client_.send({.url = url, .secrets = settings_.credentials()});
    if (next) *next = next_page(response);
    return parse_json(response.body, shown_url(response.url));
  } catch (const HttpError& failure) {
    throw_hub_error(failure, subject, settings_);
  }
}

const HubListing& Hub::list(const std::string& repo, const std::string& revision) {
  const std::lock_guard lock(mutex_);
  const std::pair key(repo, revision);
  const auto known = listings_.find(key);
  if (known != listings_.end()) return known->second;
  unreachable_.throw_again();
  failures_[key].throw_again();
  try {
    return listings_.emplace(key, ask_list(repo, revision)).first->second;
  } catch (const HubUnreachable&) {
    unreachable_ = {std::current_exception(), Clock::now() + failures_hold_};
    throw;
  } catch (const Error&) {
    failures_[key] = {std::current_exception(), Clock::now() + failures_hold_};
    throw;
  }
}

HubListing Hub::ask_list(const std::string& repo, const std::string& revision) const {
  const std::string subject = fmt::format("{}@{}", repo, revision);
  const char* kind = repo.starts_with(kDatasets) ? "" : "models/";
  const std::string api = fmt::format("{}/api/{}{}", settings_.endpoint, kind, repo);
  HubListing listing{.repo = repo, .commit = revision};
  if (!is_commit(revision)) {
    const Json info =
        ask(fmt::format("{}/revision/{}", api, escape_url(revision)), subject, nullptr);
    listing.commit = info.is_object() && info.contains("sha") && info["sha"].is_string()
                         ? info["sha"].get<std::string>()
                         : "";
    if (!is_commit(listing.commit)) {
      throw Error(subject, "the hub names no commit of it", "an answer with the key 'sha'");
    }
  }
  std::string page = fmt::format("{}/tree/{}?recursive=true", api, listing.commit);
  for (int pages = 0; !page.empty(); ++pages) {
    if (pages == kMostPages) throw Error(subject, "the list of its files does not end");
    if (origin_of(page) != origin_of(settings_.endpoint)) {
      throw Error(subject, "the list of its files goes on at another server");
    }
    std::string next;
    add_files(ask(page, subject, &next), subject, listing.files);
    page = next;
  }
  return listing;
}

}  // namespace e2lm
