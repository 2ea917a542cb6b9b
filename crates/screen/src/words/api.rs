//! The words of the page that shows the API. What an operation or a field means stands in the code, in English.

use super::Words;
use crate::Lang;

sentences! {
    api_title: "给程序用的接口", "The API";
    api_document: "OpenAPI 文件（JSON）", "The OpenAPI document (JSON)";
    api_session: "跟页面用同一个登录：登录以后，带着同一个 cookie 来问。只能看，不能改。下面的说明从程序里生成，只有英文。",
        "It goes by the same sign-in as the pages: sign in, and ask with the same cookie. It only reads. What stands below is made from the program itself.";
    api_parameters: "要给的", "Parameters";
    api_answers: "回答", "Answers";
    api_schemas: "回答里有什么", "Schemas";
    api_problems: "办不了时说什么", "Problems";
    api_name: "名字", "Name";
    api_sort: "是什么", "Sort";
    api_required: "必填", "Required";
    api_always: "总有", "Always there";
    api_example: "例子", "Example";
    api_means: "意思", "Meaning";
    api_status: "状态", "Status";
    api_try: "试一试：", "Try it: ";
    api_yes: "是", "yes";
}
