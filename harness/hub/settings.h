#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "harness/http/message.h"

namespace e2lm {

// Whom to ask and where to keep it: what the huggingface_hub library takes from the environment.
struct HubSettings {
  std::string endpoint = "https://huggingface.co";                       // HF_ENDPOINT
  std::string rows_endpoint = "https://datasets-server.huggingface.co";  // HF_DATASETS_SERVER
  std::string token;     // HF_TOKEN, or the file HF_TOKEN_PATH, by default $HF_HOME/token; a secret
  Path cache;            // HF_HUB_CACHE, by default $HF_HOME/hub; HF_HOME is ~/.cache/huggingface
  bool offline = false;  // HF_HUB_OFFLINE, or TRANSFORMERS_OFFLINE

  static HubSettings from_environment();

  // What shows who asks; empty without a token.
  std::vector<HttpHeader> credentials() const;
  // The same for the rows server: nothing if it is neither the hub's host nor one of its domain.
  std::vector<HttpHeader> rows_credentials() const;
};

}  // namespace e2lm
