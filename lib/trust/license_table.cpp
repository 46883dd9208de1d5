// SPDX-License-Identifier: Apache-2.0
// The starting values: what mx takes licences to say of models. A careful reading, and no legal
// advice; a policy's `licenses` change any row.
//
// A row: other spellings of its id (also), other licences that say the same (like), permissions
// (yes, conditional: the duties are the price, no, unknown: the licence does not say), whether a
// student taught by a model's answers is bound by its licence, the duties, and where the licence
// says so. `distil` is teaching another model by the answers of one under the licence; for data,
// `modify` is training on it.
#include "trust/licenses.h"

namespace mx {

std::string_view license_yaml() {
  static constexpr std::string_view kText = R"yaml(
Apache-2.0:
  title: Apache License 2.0
  also: [Apache2, "Apache 2.0"]
  serve: yes
  modify: yes
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices, changes]
  source: "https://www.apache.org/licenses/LICENSE-2.0 sections 2 and 4"
MIT:
  title: MIT License
  serve: yes
  modify: yes
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices]
  source: "https://opensource.org/license/mit"
ISC:
  title: ISC License
  serve: yes
  modify: yes
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices]
  source: "https://opensource.org/license/isc-license-txt"
BSD-2-Clause:
  title: BSD 2-Clause License
  serve: yes
  modify: yes
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices]
  source: "https://opensource.org/license/bsd-2-clause clauses 1 and 2"
BSD-3-Clause:
  title: BSD 3-Clause License
  serve: yes
  modify: yes
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices]
  source: "https://opensource.org/license/bsd-3-clause clauses 1 to 3"
CC0-1.0:
  title: Creative Commons Zero 1.0
  serve: yes
  modify: yes
  distil: yes
  redistribute: yes
  commercial: yes
  students: free
  source: "https://creativecommons.org/publicdomain/zero/1.0/legalcode section 2"
Unlicense:
  title: The Unlicense
  serve: yes
  modify: yes
  distil: yes
  redistribute: yes
  commercial: yes
  students: free
  source: "https://unlicense.org/"
CC-BY-4.0:
  title: Creative Commons Attribution 4.0
  like: [CC-BY-3.0]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: yes
  duties: [attribution, changes]
  source: "https://creativecommons.org/licenses/by/4.0/legalcode sections 2(a)(1) and 3(a)"
CC-BY-SA-4.0:
  title: Creative Commons Attribution-ShareAlike 4.0
  like: [CC-BY-SA-3.0]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: yes
  duties: [attribution, changes, same-license]
  source: "https://creativecommons.org/licenses/by-sa/4.0/legalcode sections 3(a) and 3(b)"
CC-BY-NC-4.0:
  title: Creative Commons Attribution-NonCommercial 4.0
  like: [CC-BY-NC-3.0, CC-BY-NC-2.0]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: no
  duties: [attribution, changes, non-commercial]
  source: "https://creativecommons.org/licenses/by-nc/4.0/legalcode sections 1(i), 2(a)(1) and 3(a)"
CC-BY-NC-SA-4.0:
  title: Creative Commons Attribution-NonCommercial-ShareAlike 4.0
  like: [CC-BY-NC-SA-3.0]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: no
  duties: [attribution, changes, non-commercial, same-license]
  source: "https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode sections 2(a)(1), 3(a) and 3(b)"
CC-BY-ND-4.0:  # adapted material may be made, but not shared; whether answers are that is open
  title: Creative Commons Attribution-NoDerivatives 4.0
  like: [CC-BY-ND-3.0]
  serve: conditional
  modify: no
  distil: unknown
  redistribute: conditional
  commercial: yes
  duties: [attribution]
  source: "https://creativecommons.org/licenses/by-nd/4.0/legalcode section 2(a)(1)(B)"
CC-BY-NC-ND-4.0:
  title: Creative Commons Attribution-NonCommercial-NoDerivatives 4.0
  like: [CC-BY-NC-ND-3.0]
  serve: conditional
  modify: no
  distil: unknown
  redistribute: conditional
  commercial: no
  duties: [attribution, non-commercial]
  source: "https://creativecommons.org/licenses/by-nc-nd/4.0/legalcode section 2(a)(1)(B)"
GPL-2.0-only:  # what a program puts out is covered only where it is a work based on the program
  title: GNU General Public License 2
  also: [GPL-2.0]
  like: [GPL-2.0-or-later]
  serve: yes
  modify: conditional
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices, changes, same-license, source]
  source: "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html sections 0 to 3"
GPL-3.0-only:
  title: GNU General Public License 3
  also: [GPL-3.0]
  like: [GPL-3.0-or-later]
  serve: yes
  modify: conditional
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices, changes, same-license, source]
  source: "https://www.gnu.org/licenses/gpl-3.0.html sections 2, 4, 5 and 6"
LGPL-2.1-only:
  title: GNU Lesser General Public License 2.1
  also: [LGPL-2.1]
  like: [LGPL-2.1-or-later]
  serve: yes
  modify: conditional
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices, changes, same-license, source]
  source: "https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html sections 0, 1, 2 and 4"
LGPL-3.0-only:
  title: GNU Lesser General Public License 3
  also: [LGPL-3.0]
  like: [LGPL-3.0-or-later]
  serve: yes
  modify: conditional
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices, changes, same-license, source]
  source: "https://www.gnu.org/licenses/lgpl-3.0.html with https://www.gnu.org/licenses/gpl-3.0.html"
AGPL-3.0-only:
  title: GNU Affero General Public License 3
  also: [AGPL-3.0]
  like: [AGPL-3.0-or-later]
  serve: conditional
  modify: conditional
  distil: yes
  redistribute: conditional
  commercial: yes
  students: free
  duties: [license-text, notices, changes, same-license, source, network-source]
  source: "https://www.gnu.org/licenses/agpl-3.0.html sections 2, 4, 5, 6 and 13"
LicenseRef-Llama-2:
  title: Llama 2 Community License
  also: [llama2, Llama-2]
  serve: conditional
  modify: conditional
  distil: no  # except for Llama 2 itself and what is made from it
  redistribute: conditional
  commercial: conditional
  duties: [license-text, notices, use-restrictions, users]
  notice: "Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved."
  source: "https://ai.meta.com/llama/license/ sections 1.b.ii, 1.b.iv, 1.b.v and 2"
LicenseRef-Llama-3:
  title: Meta Llama 3 Community License
  also: [llama3, Llama-3]
  serve: conditional
  modify: conditional
  distil: no  # except for Llama 3 itself and what is made from it
  redistribute: conditional
  commercial: conditional
  duties: [license-text, notices, use-restrictions, users]
  name-prefix: "Llama 3"
  display: "Built with Meta Llama 3"
  notice: "Meta Llama 3 is licensed under the Meta Llama 3 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved."
  source: "https://llama.meta.com/llama3/license/ sections 1.b.i, 1.b.iii, 1.b.v and 2"
LicenseRef-Llama-3.1:
  title: Llama 3.1 Community License
  also: [llama3.1, Llama-3.1]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: conditional
  duties: [license-text, notices, use-restrictions, users]
  name-prefix: "Llama"
  display: "Built with Llama"
  notice: "Llama 3.1 is licensed under the Llama 3.1 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved."
  source: "https://www.llama.com/llama3_1/license/ sections 1.b.i, 1.b.iii and 2"
LicenseRef-Llama-3.2:  # its use policy keeps the European Union from models that also see
  title: Llama 3.2 Community License
  also: [llama3.2, Llama-3.2]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: conditional
  duties: [license-text, notices, use-restrictions, users]
  name-prefix: "Llama"
  display: "Built with Llama"
  notice: "Llama 3.2 is licensed under the Llama 3.2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved."
  source: "https://www.llama.com/llama3_2/license/ sections 1.b.i, 1.b.iii and 2"
LicenseRef-Llama-3.3:
  title: Llama 3.3 Community License
  also: [llama3.3, Llama-3.3]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: conditional
  duties: [license-text, notices, use-restrictions, users]
  name-prefix: "Llama"
  display: "Built with Llama"
  notice: "Llama 3.3 is licensed under the Llama 3.3 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved."
  source: "https://www.llama.com/llama3_3/license/ sections 1.b.i, 1.b.iii and 2"
LicenseRef-OpenRAIL-M:  # models that learn from its answers are derivatives by its definitions
  title: Open Responsible AI License, models
  also: [openrail, openrail-m, creativeml-openrail-m, bigscience-openrail-m, bigcode-openrail-m]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: conditional
  duties: [license-text, notices, changes, use-restrictions]
  source: "https://www.licenses.ai/ OpenRAIL-M: sections 1(e), 4, 5 and attachment A"
LicenseRef-Gemma:  # models that learn from its answers are derivatives by its definitions
  title: Gemma Terms of Use
  also: [gemma]
  serve: conditional
  modify: conditional
  distil: conditional
  redistribute: conditional
  commercial: conditional
  duties: [license-text, changes, use-restrictions]
  notice: "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
  source: "https://ai.google.dev/gemma/terms sections 1.1, 3.1 and 3.2"
LicenseRef-hosted-api:  # answers of a model that others serve; the large ones forbid competing models
  title: Outputs of a hosted API
  also: [hosted-api, openai-outputs, anthropic-outputs]
  serve: unknown
  modify: no
  distil: no
  redistribute: unknown
  commercial: unknown
  source: "https://openai.com/policies/row-terms-of-use/ (using output to develop competing models)"
NONE:  # nobody gave a licence: all rights are the author's
  title: No licence
  also: [all-rights-reserved]
  serve: no
  modify: no
  distil: no
  redistribute: no
  commercial: no
  source: "https://spdx.github.io/spdx-spec/v2.3/package-information/ 7.13; Berne Convention articles 8, 9 and 12"
NOASSERTION:  # nobody said under which licence it is
  title: Licence not stated
  also: [unknown, other]
  serve: unknown
  modify: unknown
  distil: unknown
  redistribute: unknown
  commercial: unknown
  source: "https://spdx.github.io/spdx-spec/v2.3/package-information/ 7.13"
)yaml";
  return kText;
}

}  // namespace mx
