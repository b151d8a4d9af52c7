"""The field tables: what the envelope, each request and each reply hold. Of a request what is looked at or checked.

Written by the interface specification for designated institutions, as client systems quote it. Where regions differ
see `regions.toml`.
"""

from app.national.fields import table

ENVELOPE = table("""
    infno                C5      Y
    msgid                C30     Y
    mdtrtarea_admvs      C6      Y
    insuplc_admdvs       C6      -
    recer_sys_code       C10     Y
    dev_no               C100    -
    dev_safe_info        C2000   -
    cainfo               C1024   -
    signtype             C10     -
    infver               C6      Y
    opter_type           C3      Y  1 2 3
    opter                C30     Y
    opter_name           C50     Y
    inf_time             dt      Y
    fixmedins_code       C12     Y
    fixmedins_name       C200    Y
    sign_no              C30     -
    fixmedins_soft_fcty  C200    -
    enc_type             C10     -
    enctype              C10     -
""")

ANSWER = table("""
    infcode       N4       Y
    inf_refmsgid  C30      Y
    refmsg_time   C17      Y
    respond_time  C17      Y
    enctype       C10      -
    signtype      C10      -
    cainfo        C1024    -
    err_msg       C200     -
    warn_msg      C200     -
""")

# 1101

PERSON_ASKED = table("""
    mdtrt_cert_type  C3   Y  01 02 03
    mdtrt_cert_no    C50  Y
    card_sn          C32  -
    begntime         dt   -
    psn_cert_type    C6   -
    certno           C50  -
    psn_name         C50  -
""")
BASEINFO = table("""
    psn_no         C30   Y
    psn_cert_type  C6    Y
    certno         C50   -
    psn_name       C50   -
    gend           C6    -
    naty           C3    -
    brdy           d     -
    age            N4,1  -
""")
INSUINFO = table("""
    balc            N16,2  Y
    insutype        C6     Y
    psn_type        C6     -
    psn_insu_stas   C6     -
    psn_insu_date   d      -
    paus_insu_date  d      -
    cvlserv_flag    C3     Y
    insuplc_admdvs  C6     -
    emp_name        C200   -
""")

# 2201, 2202, 2401

REGISTRATION = table("""
    psn_no           C30   Y
    insutype         C6    Y
    begntime         dt    Y
    mdtrt_cert_type  C3    Y  01 02 03
    mdtrt_cert_no    C50   -
    card_sn          C32   -
    ipt_otp_no       C30   Y
    atddr_no         C30   Y
    dr_name          C50   Y
    dept_code        C30   Y
    dept_name        C100  Y
    caty             C6    Y
""")
REGISTERED = table("""
    mdtrt_id    C30  Y
    psn_no      C30  Y
    ipt_otp_no  C30  Y
""")
REGISTRATION_CANCELLED = table("""
    psn_no      C30  Y
    mdtrt_id    C30  Y
    ipt_otp_no  C30  Y
""")
ADMISSION = table("""
    psn_no           C30   Y
    insutype         C6    Y
    begntime         dt    Y
    mdtrt_cert_type  C3    Y  01 02 03
    mdtrt_cert_no    C50   -
    card_sn          C32   -
    med_type         C6    Y
    ipt_no           C30   Y
    atddr_no         C30   Y
    adm_dept_codg    C30   -
    adm_dept_name    C100  -
""")
ADMITTED = table("""
    mdtrt_id  C30  Y
""")

# 2101, 2102: druginfo and drugdetail. 2206, 2207, 2303, 2304: data

PURCHASE = table("""
    psn_no           C30    Y
    mdtrt_cert_type  C3     Y  01 02 03
    mdtrt_cert_no    C50    Y
    card_sn          C32    -
    begntime         dt     Y
    medfee_sumamt    N16,2  Y
    invono           C20    -
    insutype         C6     Y
    dise_codg        C30    -
    dise_name        C500   -
    acct_used_flag   C3     Y  0 1
    med_type         C6     Y
""")
DRUG = table("""
    feedetl_sn           C30    Y
    rxno                 C30    -
    fee_ocur_time        dt     Y
    med_list_codg        C50    Y
    medins_list_codg     C150   Y
    det_item_fee_sumamt  N16,2  Y
    cnt                  N16,4  Y
    pric                 N16,6  Y
""")
SETTLEMENT = table("""
    psn_no             C30    Y
    mdtrt_cert_type    C3     Y  01 02 03
    mdtrt_cert_no      C50    -
    card_sn            C32    -
    med_type           C6     Y
    medfee_sumamt      N16,2  Y
    psn_setlway        C6     Y  01 02
    mdtrt_id           C30    Y
    chrg_bchno         C30    -
    acct_used_flag     C3     Y  0 1
    insutype           C6     Y
    invono             C20    -
    fulamt_ownpay_amt  N16,2  -
    overlmt_selfpay    N16,2  -
    preselfpay_amt     N16,2  -
    inscp_scp_amt      N16,2  -
    mid_setl_flag      C3     -  0 1
    order_no           C50    -
    dscgTime           dt     -
""")
SETLINFO = table("""
    mdtrt_id           C30    -
    setl_id            C30    -
    psn_no             C30    Y
    psn_name           C50    -
    psn_cert_type      C6     -
    certno             C50    -
    gend               C6     -
    naty               C3     -
    brdy               d      -
    age                N4,1   -
    insutype           C6     Y
    psn_type           C6     -
    cvlserv_flag       C3     Y
    setl_time          dt     Y
    mdtrt_cert_type    C3     -
    med_type           C6     -
    medfee_sumamt      N16,2  Y
    fulamt_ownpay_amt  N16,2  Y
    overlmt_selfpay    N16,2  Y
    preselfpay_amt     N16,2  Y
    inscp_scp_amt      N16,2  Y
    act_pay_dedc       N16,2  -
    hifp_pay           N16,2  -
    pool_prop_selfpay  N5,4   -
    cvlserv_pay        N16,2  -
    hifes_pay          N16,2  -
    hifmi_pay          N16,2  -
    hifob_pay          N16,2  -
    maf_pay            N16,2  -
    hifdm_pay          N16,2  -
    oth_pay            N16,2  -
    fund_pay_sumamt    N16,2  Y
    psn_part_amt       N16,2  Y
    acct_pay           N16,2  Y
    psn_cash_pay       N16,2  Y
    hosp_part_amt      N16,2  Y
    balc               N16,2  Y
    acct_mulaid_pay    N16,2  Y
    medins_setl_id     C30    Y
    clr_optins         C6     -
    clr_way            C6     Y
    clr_type           C6     Y
""")
SETLDETAIL = table("""
    fund_pay_type       C6     Y
    inscp_scp_amt       N16,2  -
    crt_payb_lmt_amt    N16,2  -
    fund_payamt         N16,2  Y
    fund_pay_type_name  C200   Y
    setl_proc_info      C4000  -
""")

# 2103, 2208, 2305, 2601, 5203

CANCELLATION = table("""
    setl_id   C30  Y
    mdtrt_id  C30  Y
    psn_no    C30  Y
""")
REVERSAL = table("""
    psn_no  C30  Y
    omsgid  C30  Y
    oinfno  C5   Y
""")
SETTLEMENT_ASKED = table("""
    psn_no          C30  Y
    setl_id         C30  -
    mdtrt_id        C30  -
    medins_setl_id  C30  -
""")
SETTLEMENT_FOUND = {**SETLINFO, **table("""
    refd_setl_flag  C3   Y  0 1
    year            C4   Y
    pay_loc         C6   Y
    opter           C30  -
    opt_time        dt   Y
""")}  # fmt: skip

# 3201, 3202

TOTALS = table("""
    insutype             C6     Y
    clr_type             C6     Y
    setl_optins          C6     Y
    stmt_begndate        d      Y
    stmt_enddate         d      Y
    medfee_sumamt        N16,2  Y
    fund_pay_sumamt      N16,2  Y
    acct_pay             N16,2  -
    cash_payamt          N16,2  -
    fixmedins_setl_cnt   N10    Y
    refd_setl_flag       C3     -  0 1
    exp_content          C4000  -
""")
STMTINFO = table("""
    setl_optins     C6    -
    stmt_rslt       C6    Y
    stmt_rslt_dscr  C200  -
""")
DETAILS = table("""
    setl_optins         C6     Y
    file_qury_no        C30    Y
    stmt_begndate       d      Y
    stmt_enddate        d      Y
    medfee_sumamt       N16,2  Y
    fund_pay_sumamt     N16,2  Y
    cash_payamt         N16,2  -
    acct_pay            N16,2  -
    fixmedins_setl_cnt  N10    Y
    clr_type            C6     -
    insutype            C6     -
    refd_setl_flag      C3     -  0 1
""")
FILEINFO = table("""
    file_qury_no  C30   Y
    filename      C200  Y
    dld_endtime   dt    Y
""")

# 9001, 9002, 9101, 9102

SIGN_IN = table("""
    opter_no  C20  Y
    mac       C20  Y
    ip        C20  Y
""")
SIGNED_IN = table("""
    sign_time  dt   Y
    sign_no    C30  Y
""")
SIGN_OUT = table("""
    sign_no   C30  Y
    opter_no  C20  Y
""")
SIGNED_OUT = table("""
    sign_time  dt  Y
""")
UPLOAD = table("""
    filename        C200       Y
    fixmedins_code  C12        Y
    in              C25000000  Y
""")
DOWNLOAD = table("""
    file_qury_no    C30   Y
    filename        C200  Y
    fixmedins_code  C12   Y
""")
