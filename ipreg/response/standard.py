"""The standard texts of letters, in both languages; an owner may have his own instead (``ipreg.response.texts``).

A line that begins with ``# `` is a heading. Whatever the law asks for beyond the words (identity, rights, exact
listings, comparison, annexes, the statement of truth) is set by ``ipreg.response.facts`` and can't be edited away.
"""

from __future__ import annotations

from ipreg.models import LegalLetterKind

WARNING_ZH = """\
我方是外观设计《{设计名称}》的权利人。该设计已于{备案时间}在设计预备案系统备案，备案号{备案号}。我方主张权利的依据：{权利依据}。

经查，贵方以“{卖家}”名义在{平台}展示、销售的下列商品，未经我方许可使用了与上述设计相同或者实质性相似的设计：

{商品清单}

对比图片、已固定的证据及其摘要见本函所附清单和附件。

上述行为涉嫌侵害我方的合法权益。现函告贵方，请自收到本函之日起停止上述行为，并在{答复期限}前完成下列事项、书面答复我方：

{要求}

贵方认为不构成侵权的，请在上述期限内说明理由并附证据。逾期未停止也未答复的，我方将依法通知平台采取必要措施，向有关主管部门投诉，或者向人民法院起诉，并保留追究全部法律责任的权利。
"""
WARNING_EN = """\
We are the holder of rights in the design “{design}”. It was filed with the design pre-registration system at {filed_at} under number {filing}. The rights we rely on: {rights}.

We found that the goods below, shown and sold on {platform} in the name of “{seller}”, use a design that is identical or substantially similar to it, without our permission:

{listings}

The comparison, the evidence secured and its digests are listed below and annexed.

These acts are suspected of infringing our rights. We ask you to stop them on receipt of this letter and, before {answer_by}, to do the following and answer us in writing:

{measures}

If you hold that there is no infringement, give your reasons and evidence within that time. Failing both, we will notify the platform, complain to the competent authority or sue, and we reserve all rights.
"""
NOTICE_ZH = """\
依据《中华人民共和国电子商务法》第四十二条、《中华人民共和国民法典》第一千一百九十五条，我方就贵平台内经营者“{卖家}”涉嫌侵害我方权利一事通知如下。

# 一、权利人与权利依据
我方是外观设计《{设计名称}》的权利人，身份和联系方式见事实清单。该设计于{备案时间}备案，备案号{备案号}。我方主张权利的依据：{权利依据}。

# 二、涉嫌侵权的商品
下列商品共{商品数}件，均可凭商品编号或者网址准确定位：
{商品清单}

# 三、构成侵权的初步证据
上述商品使用的设计与我方设计相同或者实质性相似，未经我方许可。对比说明和对比图片、已固定的页面证据及其摘要见事实清单和附件。

# 四、要求采取的必要措施
{要求}

请及时采取措施，将本通知转送该经营者，并将回执编号和处理结果告知我方。该经营者提交不存在侵权行为的声明的，请转送我方。
"""
NOTICE_EN = """\
Under Article 42 of the E-Commerce Law and Article 1195 of the Civil Code of the People's Republic of China we notify you that “{seller}”, an operator on your platform, is suspected of infringing our rights.

# 1. Right holder and rights
We are the holder of rights in the design “{design}”; identity and contact are in the list of facts. It was filed at {filed_at} under number {filing}. The rights we rely on: {rights}.

# 2. Listings concerned
The following {listing_count} listing(s), each located by its id or address:
{listings}

# 3. Preliminary evidence of infringement
These goods use a design that is identical or substantially similar to ours, without our permission. The comparison, the evidence of the pages and its digests are in the list of facts and annexed.

# 4. Measures asked for
{measures}

Please take these measures promptly, forward this notice to the operator, and tell us your receipt number and the result. Should the operator declare that there is no infringement, please forward the declaration to us.
"""
STANDARD: dict[LegalLetterKind, tuple[str, str]] = {
    LegalLetterKind.WARNING: (WARNING_ZH, WARNING_EN),
    LegalLetterKind.NOTICE: (NOTICE_ZH, NOTICE_EN),
}
